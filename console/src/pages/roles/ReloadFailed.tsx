import { Alert, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ApiProblem } from '../../api/problem';
import { ErrorNote } from '../../shared/ErrorNote';
import { plural } from '../../shared/format';
import { FindingTable } from './FindingTable';

interface Props {
  problem: ApiProblem;
  /** What was read. */
  where: string;
  /** What stays in force. */
  kept: string;
  onRetry: () => void;
}

/** Files that were read again have errors, or could not be read. */
export function ReloadFailed({ problem, where, kept, onRetry }: Props) {
  if (problem.errors.length === 0) return <ErrorNote error={problem} title={`${where} was not read`} onRetry={onRetry} />;
  const errors = problem.errors.map(({ field, line, code, message }) => ({ path: field, line: line ?? null, code, message }));
  return (
    <Stack gap="sm">
      <Alert variant="outline" color="red" role="alert" icon={<IconAlertTriangle aria-hidden />} title={`${plural(errors.length, 'error')} in ${where}`}>
        <Text size="md">{`The previous ${kept} stay in force. Mend what is wrong, then reload again.`}</Text>
      </Alert>
      <FindingTable label="Errors" findings={errors} />
    </Stack>
  );
}
