import { Alert, Button, Group, Text } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import type { ApiProblem } from '../../../api/problem';
import { ErrorNote } from '../../../shared/ErrorNote';

interface Props {
  problem: ApiProblem;
  isNew: boolean;
  onRetry: () => void;
  /** Loads the values that are stored now. */
  onLoad: () => Promise<void>;
}

/** Why nothing was saved. Everything typed stays in the fields. */
export function SaveProblem(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  // On a small screen the end of the form may be out of sight.
  useEffect(() => {
    // Not as the effect's result: browsers begin to answer with a promise here.
    box.current?.scrollIntoView({ block: 'nearest' });
  }, [props.problem]);
  return (
    <div ref={box}>
      <Told {...props} />
    </div>
  );
}

function Told({ problem, isNew, onRetry, onLoad }: Props) {
  const [failed, setFailed] = useState<unknown>(null);
  if (problem.status === 412) {
    const load = () => {
      setFailed(null);
      onLoad().catch((error: unknown) => setFailed(error));
    };
    return (
      <>
        <Alert role="alert" color="orange" variant="outline" icon={<IconUsers aria-hidden />} title="Somebody else changed this key meanwhile">
          <Group justify="space-between" gap="sm">
            <Text>Nothing was saved. Load the current values to compare; what you typed stays beside them.</Text>
            <Button variant="default" size="xs" onClick={load}>
              Load current values
            </Button>
          </Group>
        </Alert>
        {failed !== null && <ErrorNote error={failed} onRetry={load} />}
      </>
    );
  }
  if (isNew && problem.isUnclear) {
    const told = problem.with('It may have been made: then the list shows it. Look there before you submit again.');
    return <ErrorNote error={told} title="It is not known whether the key was made" />;
  }
  return <ErrorNote error={problem} title={isNew ? 'The key was not made' : 'The changes were not saved'} onRetry={problem.kind === 'not-found' ? undefined : onRetry} />;
}
