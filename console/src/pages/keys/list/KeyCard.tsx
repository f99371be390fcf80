import { memo, type ReactNode } from 'react';
import type { Key } from '../../../api/types';
import { DayText, TimeText } from '../../../shared/TimeText';
import { StateBadge, TypeBadge } from '../StateBadge';
import { isRoleMissing, stateOf } from '../model';
import { KeyActions } from './KeyActions';
import classes from './KeyCard.module.css';
import { SecretCell } from './SecretCell';
import { Hosts } from './Hosts';
import type { RowProps } from './row';

/** One card per key (K-12, K-17). */
export function KeyCards(rows: RowProps) {
  return (
    <ul className={classes.cards}>
      {rows.keys.map((item) => (
        <li key={item.id}>
          <KeyCard item={item} rows={rows} />
        </li>
      ))}
    </ul>
  );
}

const KeyCard = memo(function KeyCard({ item, rows }: { item: Key; rows: RowProps }) {
  const titleId = `title-${item.id}`;
  return (
    <article className={`panel ${classes.card}`} aria-labelledby={titleId}>
      <div className={classes.head}>
        <h2 id={titleId} className={classes.title}>
          {item.description}
        </h2>
        <KeyActions item={item} rows={rows} />
      </div>
      <div className={classes.badges}>
        <TypeBadge type={item.type} />
        <StateBadge state={stateOf(item, rows.today, rows.roles)} />
      </div>
      <dl className={classes.lines}>
        <Line name="Created by">{item.createdBy}</Line>
        <Line name="Role">
          {item.role ?? <span className={classes.none}>All permissions</span>}
          {isRoleMissing(item, rows.roles) && item.role !== null && <span className={classes.none}> (not declared)</span>}
        </Line>
        <Line name="Expires">
          <DayText day={item.expiresOn} />
        </Line>
        <Line name="Allowed hosts">
          <Hosts hosts={item.allowedHosts} />
        </Line>
        <Line name="Last used date">
          {typeof item.lastUsedAt === 'string' ? <TimeText at={item.lastUsedAt} /> : 'Never'}
        </Line>
        <Line name="Last used ip">
          <span className="mono">{item.lastUsedIp}</span>
        </Line>
        <Line name="API key">
          <SecretCell item={item} reveal={rows.reveal} mayManage={rows.mayManage} />
        </Line>
      </dl>
    </article>
  );
});

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.line}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
