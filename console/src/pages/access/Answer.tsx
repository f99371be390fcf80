import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { CopyButton } from '../../shared/CopyButton';
import { RuleTable } from '../../shared/RuleTable';
import { plural } from '../../shared/format';
import classes from './Answer.module.css';
import type { ExplainQuestion } from './question';
import type { Explanation } from './queries';

interface Props {
  question: ExplainQuestion;
  answer: Explanation;
}

/** Allowed or refused, by which rules, and what is left out. */
export function Answer({ question, answer }: Props) {
  const { allowed, status, message, errCode, rules, leftOut } = answer;
  return (
    <Stack gap="md">
      <div className={classes.verdict} data-allowed={allowed}>
        <Group justify="space-between" gap="sm">
          <Title order={2} size="h4">
            {allowed ? 'Allowed' : `Refused${status === null ? '' : `: status ${String(status)}`}`}
          </Title>
          <Group gap="xs">
            {typeof question.key === 'string' && (
              <Button
                size="xs"
                variant="default"
                leftSection={<IconPlayerPlay size={14} aria-hidden />}
                renderRoot={(props) => (
                  <Link to="/try" search={{ key: question.key ?? undefined, method: question.method, path: question.path }} {...props} />
                )}
              >
                Open in Try it
              </Button>
            )}
            <CopyButton value={location.href} label="Copy link to this check">
              Copy link
            </CopyButton>
          </Group>
        </Group>
        {typeof question.body === 'string' && <Text c="dimmed">The link leaves the body out.</Text>}
        <Text className="mono">
          {question.method} {question.path}
        </Text>
        {message !== null && (
          <Text>
            {message}
            {errCode !== null && <span className={classes.code}> (error {errCode})</span>}
          </Text>
        )}
        {allowed && (
          <Text c="dimmed">
            {leftOut.length === 0
              ? 'Nothing refuses this request, as far as that is known without running it.'
              : `Nothing refuses this request, but ${plural(leftOut.length, 'attribute is', 'attributes are')} left out of the answer.`}
          </Text>
        )}
      </div>
      <Section title="Rules that were asked">
        {rules.length === 0 ? <Text c="dimmed">No rule was asked.</Text> : <RuleTable label="Rules that were asked" rules={rules} />}
      </Section>
      {leftOut.length > 0 && (
        <Section title="Left out of the answer">
          <RuleTable label="Left out of the answer" rules={leftOut} />
        </Section>
      )}
    </Stack>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Stack gap="xs" component="section">
      <Title order={3} size="h5">
        {title}
      </Title>
      {children}
    </Stack>
  );
}
