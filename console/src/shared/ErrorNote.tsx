import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiProblem } from '../api/problem';

interface Props {
  /** Whatever was thrown. */
  error: unknown;
  title?: string;
  /** Offers "Try again". */
  onRetry?: (() => void) | undefined;
}

/** A failed request, told where it happened, with a way to try again. */
export function ErrorNote({ error, title = 'This did not work', onRetry }: Props) {
  const problem = ApiProblem.from(error);
  return (
    <Alert color="red" variant="outline" role="alert" icon={<IconAlertTriangle aria-hidden />} title={title} className="error-note">
      <Group justify="space-between" gap="sm" align="center">
        <Text size="md">{problem.detail}</Text>
        {onRetry !== undefined && (
          <Button variant="default" size="xs" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Group>
    </Alert>
  );
}
