import { RulePath } from '../../shared/RulePath';
import { StackTable, type Column } from '../../shared/StackTable';
import { number } from '../../shared/format';

/** A warning or an error, with its place. */
export interface Place {
  path: string;
  line: number | null;
  code: string;
  message: string;
}

const COLUMNS: readonly Column<Place>[] = [
  { head: 'Path', cell: ({ path }) => <RulePath path={path === '' ? 'roles.json' : path} /> },
  { head: 'Line', cell: ({ line }) => (line === null || line === 0 ? null : number(line)), align: 'end' },
  { head: 'Message', cell: ({ message }) => message },
  { head: 'Code', cell: ({ code }) => <span className="mono">{code}</span> },
];

export function FindingTable({ label, findings }: { label: string; findings: readonly Place[] }) {
  return <StackTable label={label} columns={COLUMNS} rows={findings} rowKey={(_, index) => index} />;
}
