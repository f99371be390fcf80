import { IconArrowUpRight, IconChevronRight } from '@tabler/icons-react';
import { Fragment, useRef } from 'react';
import { actionWords } from '../../shared/words';
import { DecisionCell } from './DecisionCell';
import { DecisionTip } from './DecisionTip';
import classes from './ReviewTable.module.css';
import { ACTIONS, type Cells, type ShownRow } from './rows';
import { useGridKeys } from './useGridKeys';

interface Props {
  groups: readonly { title: string; rows: readonly ShownRow[] }[];
  names: readonly [string, string];
  /** Cells of a second role by the IDs of rows; null: one role only. */
  compared: ReadonlyMap<string, Cells> | null;
  onToggle: (id: string) => void;
}

/** Who may do what: each cell is a mark that tells which rule decided. Arrow keys go from cell to cell. */
export function ReviewTable({ groups, names, compared, onToggle }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const onKeyDown = useGridKeys(table);
  return (
    <div className={`panel ${classes.box}`}>
      <table ref={table} className={classes.table} onKeyDown={onKeyDown} aria-describedby="review-help" aria-label={`Permissions of ${names[0]}`}>
        <thead>
          <tr>
            <th scope="col">
              Name
              {compared !== null && <span className={classes.sides}>{`left ${names[0]}, right ${names[1]}`}</span>}
            </th>
            {ACTIONS.map((action) => (
              <th key={action} scope="col">
                {actionWords(action)}
              </th>
            ))}
          </tr>
        </thead>
        {groups.map(({ title, rows }) => (
          <tbody key={title}>
            <tr>
              <th scope="rowgroup" colSpan={ACTIONS.length + 1} className={classes.group}>
                {title}
              </th>
            </tr>
            {rows.map((row) => (
              <tr key={row.id} data-depth={row.depth}>
                <Name row={row} onToggle={onToggle} />
                {ACTIONS.map((action) => (
                  <td key={action}>
                    <span className={classes.cells} data-differs={compared !== null && differs(row, compared, action)}>
                      <DecisionCell who={compared === null ? null : names[0]} row={row} action={action} decision={row.cells[action]} />
                      {compared !== null && (
                        <DecisionCell who={names[1]} row={row} action={action} decision={compared.get(row.id)?.[action]} />
                      )}
                    </span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
      <p id="review-help" className={classes.help}>
        {compared !== null && 'Cells that differ are marked. '}
        Point at a mark, or go to it with Tab and the arrow keys, to see which rule decided.
        {groups.some(({ rows }) => rows.some(({ promotes }) => promotes.length > 0)) && (
          <Fragment>
            {' '}
            <IconArrowUpRight size={14} className={classes.lends} aria-hidden /> A function that lends privileges while it runs.
          </Fragment>
        )}
      </p>
      <DecisionTip table={table} />
    </div>
  );
}

function Name({ row, onToggle }: { row: ShownRow; onToggle: (id: string) => void }) {
  return (
    <th scope="row" className={classes.name}>
      {row.expanded === null ? (
        <span className={classes.text}>{row.name}</span>
      ) : (
        <button type="button" className={classes.toggle} aria-expanded={row.expanded} onClick={() => onToggle(row.id)}>
          <IconChevronRight size={14} aria-hidden />
          {row.name}
        </button>
      )}
      {row.promotes.length > 0 && (
        <span className={classes.promotes}>
          <IconArrowUpRight size={14} className={classes.lends} aria-hidden />
          lends {row.promotes.join(', ')}
        </span>
      )}
    </th>
  );
}

function differs(row: ShownRow, compared: ReadonlyMap<string, Cells>, action: keyof Cells): boolean {
  return row.cells[action]?.allowed !== compared.get(row.id)?.[action]?.allowed;
}
