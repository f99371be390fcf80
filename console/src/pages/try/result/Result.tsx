import { Anchor, Group, Tabs, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { memo, useMemo } from 'react';
import { CopyButton } from '../../../shared/CopyButton';
import { bytes } from '../../../shared/format';
import type { TryAnswer } from '../queries';
import { BodyView } from './BodyView';
import classes from './Result.module.css';
import { formattedBody } from './body';

/** Status, time, size, headers and body. Not drawn anew while the next request is typed: the body may be long. */
export const Result = memo(function Result({ answer, busy }: { answer: TryAnswer; busy: boolean }) {
  const { status, headers, bytes: size, truncated, durationMs, requestId } = answer;
  const good = status < 400;
  const text = useMemo(() => formattedBody(answer), [answer]);
  return (
    <section className="panel" aria-label="Answer" aria-busy={busy}>
      <Group className={classes.head} gap="md" role="status">
        <span className={classes.status} data-good={good}>
          {status}
        </span>
        <Text component="span" size="md">
          {durationMs.toLocaleString(undefined, { maximumFractionDigits: durationMs < 10 ? 2 : 0 })} ms
        </Text>
        <Text component="span" size="md">
          {bytes(size)}
        </Text>
        {!good && (
          <Anchor size="md" underline="always" renderRoot={(props) => <Link to="/access" search={{ tab: 'refused', id: requestId }} {...props} />}>
            Why was it refused?
          </Anchor>
        )}
      </Group>
      <Tabs defaultValue="body" keepMounted={false}>
        <Tabs.List px="sm">
          <Tabs.Tab value="body">Body</Tabs.Tab>
          <Tabs.Tab value="headers">Headers</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="body">
          {text === '' ? (
            <Text c="dimmed" p="md">
              {size === 0 ? 'The answer has no body.' : 'The body is no text.'}
            </Text>
          ) : (
            <>
              <Group className={classes.tools} justify="space-between">
                <Text size="sm" c="dimmed">
                  {truncated ? `The first 1 MiB of ${bytes(size)}.` : ''}
                </Text>
                <CopyButton value={text} label="Copy the body">
                  Copy
                </CopyButton>
              </Group>
              <BodyView key={requestId} text={text} />
            </>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="headers">
          <dl className={classes.headers}>
            {Object.entries(headers).map(([name, value]) => (
              <div key={name}>
                <dt className="mono">{name}</dt>
                <dd className="mono">{value}</dd>
              </div>
            ))}
          </dl>
        </Tabs.Panel>
      </Tabs>
    </section>
  );
});
