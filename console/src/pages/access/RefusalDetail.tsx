import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { KeyLink } from '../../shared/KeyLink';
import { RuleTable } from '../../shared/RuleTable';
import { TimeText } from '../../shared/TimeText';
import { refusalWords } from '../../shared/words';
import classes from './Answer.module.css';
import type { Refusal } from './queries';
import { METHODS } from './search';

/** One refused request: no data, no query, no secret is kept of it. */
export function RefusalDetail({ refusal }: { refusal: Refusal }) {
  const { status, reason, message, errCode, rules } = refusal;
  return (
    <Stack gap="md">
      <div className={classes.verdict} data-allowed={false}>
        <Group justify="space-between" gap="sm">
          <Title order={2} size="h4">
            {`${refusalWords(reason)}: status ${String(status)}`}
          </Title>
          <Again refusal={refusal} />
        </Group>
        {message !== null && (
          <Text>
            {message}
            {errCode !== null && <span className={classes.code}> (error {errCode})</span>}
          </Text>
        )}
        <dl className={classes.facts}>
          <Fact name="Request">
            <span className="mono">
              {refusal.method} {refusal.path}
            </span>
          </Fact>
          <Fact name="Time">
            <TimeText at={refusal.at} />
          </Fact>
          <Fact name="Key">{refusal.keyId === null ? 'Not known' : <KeyLink id={refusal.keyId} />}</Fact>
          {refusal.role !== null && <Fact name="Role">{refusal.role}</Fact>}
          {refusal.address !== null && (
            <Fact name="Address">
              <span className="mono">{refusal.address}</span>
            </Fact>
          )}
          <Fact name="Request ID">
            <span className="mono">{refusal.requestId}</span>
          </Fact>
        </dl>
      </div>
      {rules.length > 0 && <RuleTable label="Rules that refused" rules={rules} />}
    </Stack>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Leads to the same question now. The query and entity keys were not kept, so it may be a little other. */
function Again({ refusal }: { refusal: Refusal }) {
  const method = METHODS.find((known) => known === refusal.method);
  if (refusal.keyId === null || method === undefined) return null;
  const search = { tab: 'check', key: refusal.keyId, method, path: refusal.path, from: refusal.address ?? undefined } as const;
  return (
    <Button size="xs" variant="default" renderRoot={(props) => <Link to="/access" search={search} {...props} />}>
      Check such a request now
    </Button>
  );
}
