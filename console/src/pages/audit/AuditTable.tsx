import { KeyLink } from '../../shared/KeyLink';
import { StackTable, type Column } from '../../shared/StackTable';
import { TimeText } from '../../shared/TimeText';
import classes from './AuditTable.module.css';
import type { AuditLine } from './queries';
import { auditWords, fieldWords } from './words';

const COLUMNS: readonly Column<AuditLine>[] = [
  { head: 'Time', cell: ({ at }) => <span className={classes.time}><TimeText at={at} /></span>, nowrap: true },
  { head: 'Who', cell: ({ actor }) => <span className={classes.who}>{actor}</span> },
  { head: 'Address', cell: ({ address }) => (typeof address === 'string' ? <span className="mono">{address}</span> : null), nowrap: true },
  { head: 'Action', cell: ({ action }) => auditWords(action), nowrap: true },
  { head: 'Key', cell: ({ keyId }) => (typeof keyId === 'string' ? <KeyLink id={keyId} /> : null), nowrap: true },
  { head: 'Fields', cell: ({ fields }) => fields.map(fieldWords).join(', ') },
];

interface Props {
  lines: readonly AuditLine[];
  /** Lines of the filter before, while those of the new one are on their way. */
  stale: boolean;
}

export function AuditTable({ lines, stale }: Props) {
  return (
    <div className={classes.lines} data-stale={stale || undefined} aria-busy={stale}>
      <StackTable label="Audit log" columns={COLUMNS} rows={lines} rowKey={(_, index) => index} />
    </div>
  );
}
