import { Skeleton } from '@mantine/core';
import { bytes, number } from '../../shared/format';
import classes from './UsagePage.module.css';
import { duration, share } from './format';
import type { Usage } from './queries';

/** All points together; undefined while they are not known. */
export function Totals({ totals }: { totals: Usage['totals'] | undefined }) {
  return (
    <dl className={`panel ${classes.totals}`}>
      <Total name="Requests" value={totals && number(totals.requests)} />
      <Total name="Refused" value={totals && number(totals.refused)} note={totals && share(totals.refused, totals.requests)} />
      <Total name="Sent" value={totals && bytes(totals.bytes)} />
      <Total name="Time, median" value={totals && duration(totals.p50Us)} />
      <Total name="Time, 99 of 100 within" value={totals && duration(totals.p99Us)} />
    </dl>
  );
}

function Total({ name, value, note }: { name: string; value: string | undefined; note?: string | undefined }) {
  return (
    <div className={classes.total}>
      <dt>{name}</dt>
      <dd>
        {value ?? <Skeleton height={22} width={80} mt={4} />}
        {note !== undefined && <span className={classes.note}>{note}</span>}
      </dd>
    </div>
  );
}
