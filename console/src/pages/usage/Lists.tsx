import { Anchor, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { KeyLink } from '../../shared/KeyLink';
import { StackTable, type Column } from '../../shared/StackTable';
import { TimeText } from '../../shared/TimeText';
import { bytes, number } from '../../shared/format';
import { refusalWords } from '../../shared/words';
import classes from './UsagePage.module.css';
import { share } from './format';
import type { Usage } from './queries';

type Refusals = Usage['refusals'][number];
type Address = Usage['addresses'][number];
type Dataclass = Usage['dataclasses'][number];
type UsedKey = Usage['keys'][number];

const ADDRESSES: readonly Column<Address>[] = [
  { head: 'Address', cell: ({ address }) => <span className="mono">{address}</span> },
  { head: 'Last request', cell: ({ lastAt }) => <TimeText at={lastAt} style="relative" />, nowrap: true },
  { head: 'Requests', cell: ({ requests }) => number(requests), align: 'end' },
];

const DATACLASSES: readonly Column<Dataclass>[] = [
  { head: 'Dataclass', cell: ({ name }) => <span className="mono">{name}</span> },
  { head: 'Requests', cell: ({ requests }) => number(requests), align: 'end' },
];

const KEYS: readonly Column<UsedKey>[] = [
  {
    head: 'Key',
    cell: ({ id, description }) =>
      description === null ? (
        <>
          <span className="mono">{id}</span> (deleted)
        </>
      ) : (
        <KeyLink id={id}>{description}</KeyLink>
      ),
  },
  { head: 'Requests', cell: ({ requests }) => number(requests), align: 'end' },
  { head: 'Refused', cell: ({ refused }) => number(refused), align: 'end' },
  { head: 'Sent', cell: ({ bytes: sent }) => bytes(sent), align: 'end', nowrap: true },
  {
    head: 'Usage',
    hidden: true,
    cell: ({ id, description }) => (
      <Anchor size="sm" underline="always" aria-label={`Usage of ${description ?? id}`} renderRoot={(props) => <Link to="/usage" search={(before) => ({ ...before, key: id })} {...props} />}>
        Usage
      </Anchor>
    ),
  },
];

/** What lies behind the charts. */
export function Lists({ usage, ofKey }: { usage: Usage; ofKey: string | undefined }) {
  const { refusals, addresses, dataclasses, keys, totals } = usage;
  const refused: readonly Column<Refusals>[] = [
    { head: 'Reason', cell: ({ reason }) => refusalWords(reason) },
    { head: 'Requests', cell: ({ count }) => number(count), align: 'end' },
    { head: 'Share', cell: ({ count }) => share(count, totals.refused), align: 'end', nowrap: true },
  ];
  return (
    <div className={classes.lists}>
      <Section title="Refusals by reason" empty={refusals.length === 0 && 'Nothing was refused.'}>
        <StackTable label="Refusals by reason" columns={refused} rows={refusals} rowKey={({ reason }) => reason} />
        <Anchor size="sm" underline="always" renderRoot={(props) => <Link to="/access" search={{ tab: 'refused' }} {...props} />}>
          Why single requests were refused
        </Anchor>
      </Section>
      {ofKey === undefined && (
        <Section title="Most used keys" empty={keys.length === 0 && 'No key was used.'}>
          <StackTable label="Most used keys" columns={KEYS} rows={keys} rowKey={({ id }) => id} />
        </Section>
      )}
      <Section title="Most used dataclasses" empty={dataclasses.length === 0 && 'No dataclass was asked for.'}>
        <StackTable label="Most used dataclasses" columns={DATACLASSES} rows={dataclasses} rowKey={({ name }) => name} />
      </Section>
      <Section title="Last addresses" empty={addresses.length === 0 && 'No address is known.'}>
        <StackTable label="Last addresses" columns={ADDRESSES} rows={addresses} rowKey={({ address }) => address} />
      </Section>
    </div>
  );
}

function Section({ title, empty, children }: { title: string; empty: string | false; children: ReactNode }) {
  return (
    <Stack gap="xs" component="section">
      <Title order={2} size="h5">
        {title}
      </Title>
      {empty === false ? (
        children
      ) : (
        <Text className="panel" c="dimmed" p="md">
          {empty}
        </Text>
      )}
    </Stack>
  );
}
