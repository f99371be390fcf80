import { ScrollArea, Table } from '@mantine/core';
import { memo } from 'react';
import type { Key } from '../../../api/types';
import { DayText, TimeText } from '../../../shared/TimeText';
import { StateBadge, TypeBadge } from '../StateBadge';
import { stateOf } from '../model';
import { Hosts } from './Hosts';
import { KeyActions } from './KeyActions';
import classes from './KeyTable.module.css';
import { SecretCell } from './SecretCell';
import type { RowProps } from './row';

const HEADS = ['Description', 'Role', 'Expires', 'Allowed hosts', 'Last used date', 'Last used ip', 'Created by', 'API key'];

/** The same as the cards, a line for each key. */
export function KeyTable(rows: RowProps) {
  return (
    <ScrollArea className="panel" viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'Table of keys' }}>
      <Table className={classes.table} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {HEADS.map((name) => (
              <Table.Th key={name} scope="col">
                {name}
              </Table.Th>
            ))}
            {rows.mayManage && (
              <Table.Th scope="col" className={classes.actions}>
                <span className="visually-hidden">Actions</span>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.keys.map((item) => (
            <Row key={item.id} item={item} rows={rows} />
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}

const Row = memo(function Row({ item, rows }: { item: Key; rows: RowProps }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" className={classes.name}>
        <div className={classes.title}>{item.description}</div>
        <div className={classes.badges}>
          <TypeBadge type={item.type} />
          <StateBadge state={stateOf(item, rows.today, rows.roles)} />
        </div>
      </Table.Th>
      <Table.Td>{item.role ?? <span className={classes.none}>All permissions</span>}</Table.Td>
      <Table.Td className={classes.short}>
        <DayText day={item.expiresOn} />
      </Table.Td>
      <Table.Td className={classes.hosts}>
        <Hosts hosts={item.allowedHosts} most={2} />
      </Table.Td>
      <Table.Td className={classes.short}>{typeof item.lastUsedAt === 'string' ? <TimeText at={item.lastUsedAt} /> : 'Never'}</Table.Td>
      <Table.Td className="mono">{item.lastUsedIp}</Table.Td>
      <Table.Td className={classes.who}>{item.createdBy}</Table.Td>
      <Table.Td className={classes.secret}>
        <SecretCell item={item} reveal={rows.reveal} mayManage={rows.mayManage} />
      </Table.Td>
      {rows.mayManage && (
        <Table.Td className={classes.actions}>
          <KeyActions item={item} rows={rows} />
        </Table.Td>
      )}
    </Table.Tr>
  );
});
