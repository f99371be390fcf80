import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Dialog, DialogButtons } from '../../shared/Dialog';
import { ErrorNote } from '../../shared/ErrorNote';
import { plural } from '../../shared/format';
import { FindingTable } from './FindingTable';
import classes from './Findings.module.css';
import type { Outcome } from './outcomes';

interface Props {
  /** What is read again. */
  what: string;
  read: () => Promise<Outcome[]>;
}

/** A button that reads something again, and a dialog that tells what was found. For owners. */
export function Reload({ what, read }: Props) {
  const client = useQueryClient();
  const [report, setReport] = useState(false);
  const reload = useMutation({
    mutationFn: read,
    onSettled: () => {
      // Whatever the outcome: rules, functions, documents of keys, explanations may all be others now.
      void client.invalidateQueries();
      setReport(true);
    },
  });
  const close = () => setReport(false);
  return (
    <>
      <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} loading={reload.isPending} onClick={() => reload.mutate()}>
        {`Reload ${what}`}
      </Button>
      <Dialog opened={report} onClose={close} title={`Reload ${what}`} size="xl">
        {reload.error !== null && <ErrorNote error={reload.error} title="Nothing was read" onRetry={() => reload.mutate()} />}
        {reload.data !== undefined && (
          <Stack gap="sm">
            {reload.data.map((outcome) => (
              <Report key={outcome.where} outcome={outcome} />
            ))}
          </Stack>
        )}
        <DialogButtons>
          <Button variant="default" onClick={close} data-autofocus>
            Close
          </Button>
        </DialogButtons>
      </Dialog>
    </>
  );
}

function Report({ outcome: { where, kept, errors, warnings, title, text } }: { outcome: Outcome }) {
  return (
    <>
      {errors.length > 0 ? (
        <Alert variant="outline" color="red" role="alert" icon={<IconAlertTriangle aria-hidden />} title={`${plural(errors.length, 'error')} in ${where}`}>
          <Text size="md">{`The previous ${kept} stay in force. Mend what is wrong, then reload again.`}</Text>
        </Alert>
      ) : (
        <Alert variant="outline" color="green.8" classNames={{ title: classes.done ?? '', icon: classes.done ?? '' }} role="status" icon={<IconCircleCheck aria-hidden />} title={title}>
          {text}
        </Alert>
      )}
      {errors.length > 0 && <FindingTable label={`Errors in ${where}`} findings={errors} />}
      {warnings.length > 0 && <FindingTable label={`Warnings about ${where}`} findings={warnings} />}
    </>
  );
}
