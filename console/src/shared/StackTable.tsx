import type { ReactNode } from 'react';
import classes from './StackTable.module.css';
import { useScrolls } from './useScrolls';

export interface Column<T> {
  /** Heading; also stands before the value on phones. */
  head: string;
  /** An empty value (null, '') is left out on phones. */
  cell: (row: T) => ReactNode;
  align?: 'end';
  nowrap?: boolean;
  /** The heading is read, not seen: buttons. */
  hidden?: boolean;
}

interface Props<T> {
  /** Name for screen readers. */
  label: string;
  /** The first column names the row. */
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T, index: number) => string | number;
}

/** A table that becomes a list of blocks on phones. Roles are explicit, because `display: block` takes them away. */
export function StackTable<T>({ label, columns, rows, rowKey }: Props<T>) {
  const [box, scrolls] = useScrolls<HTMLDivElement>();
  // What can be scrolled must be reachable by the keyboard.
  const region = scrolls ? { tabIndex: 0, role: 'region', 'aria-label': `${label}, can be scrolled` } : {};
  return (
    <div ref={box} className={`panel ${classes.box}`} {...region}>
      <table className={classes.table} role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ head, align, hidden }) => (
              <th key={head} role="columnheader" scope="col" data-align={align}>
                {hidden === true ? <span className="visually-hidden">{head}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row, index) => (
            <tr key={rowKey(row, index)} role="row">
              {columns.map((column, at) => (
                <Cell key={column.head} column={column} row={row} first={at === 0} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell<T>({ column, row, first }: { column: Column<T>; row: T; first: boolean }) {
  const content = column.cell(row);
  const shape = { 'data-align': column.align, 'data-nowrap': column.nowrap };
  if (first) {
    return (
      <th role="rowheader" scope="row" {...shape}>
        {content}
      </th>
    );
  }
  const empty = content === null || content === undefined || content === '';
  return (
    <td role="cell" data-label={column.hidden === true ? undefined : column.head} data-empty={empty || undefined} {...shape}>
      {content}
    </td>
  );
}
