import { Table } from '@mantine/core';
import classes from './UsagePage.module.css';
import { pointLabel } from './format';
import type { Point, Usage } from './queries';

export interface Series {
  name: string;
  color: string;
  /** Null: nothing was measured. */
  value: (point: Point) => number | null;
  text: (value: number) => string;
}

interface Props {
  title: string;
  series: readonly Series[];
  usage: Usage;
}

/** The numbers of a chart, newest first. */
export function PointTable({ title, series, usage }: Props) {
  return (
    <div className={classes.plotTable} tabIndex={0} role="region" aria-label={`${title}, as a table`}>
      <Table stickyHeader verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Time</Table.Th>
            {series.map(({ name }) => (
              <Table.Th key={name} scope="col" ta="end">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {[...usage.points].reverse().map((point) => (
            <Table.Tr key={point.at}>
              <Table.Th scope="row" fw={400}>
                <time dateTime={point.at}>{pointLabel(point.at, usage.period)}</time>
              </Table.Th>
              {series.map(({ name, value, text }) => {
                const known = value(point);
                return (
                  <Table.Td key={name} ta="end">
                    {known === null ? '–' : text(known)}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
