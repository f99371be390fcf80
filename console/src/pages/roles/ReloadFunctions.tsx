import { Alert, Button, Stack } from '@mantine/core';
import { IconCircleCheck, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '../../api/client';
import { ApiProblem } from '../../api/problem';
import { Dialog, DialogButtons } from '../../shared/Dialog';
import { FindingTable } from './FindingTable';
import classes from './Findings.module.css';
import { ReloadFailed } from './ReloadFailed';

/** Reads functions/ again and tells what was found. For owners. */
export function ReloadFunctions() {
  const client = useQueryClient();
  const [report, setReport] = useState(false);
  const reload = useMutation({
    mutationFn: () => data(api.POST('/console/api/functions/reload')),
    onSuccess: () => {
      for (const queryKey of [['resolved'], ['findings']]) void client.invalidateQueries({ queryKey });
    },
    onSettled: () => setReport(true),
  });
  const close = () => setReport(false);
  const problem = reload.error === null ? null : ApiProblem.from(reload.error);
  return (
    <>
      <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} loading={reload.isPending} onClick={() => reload.mutate()}>
        Reload functions
      </Button>
      <Dialog opened={report} onClose={close} title="Reload functions" size="xl">
        {problem !== null && <ReloadFailed problem={problem} where="functions/" kept="functions" onRetry={() => reload.mutate()} />}
        {problem === null && reload.data !== undefined && (
          <Stack gap="sm">
            <Alert variant="outline" color="green.8" classNames={{ title: classes.done ?? '', icon: classes.done ?? '' }} role="status" icon={<IconCircleCheck aria-hidden />} title="The functions are in force">
              {reload.data.classes.length === 0 ? 'There are no functions.' : `${reload.data.summary}. Requests from now on call them.`}
            </Alert>
            {reload.data.roles.length > 0 && <FindingTable label="About roles.json" findings={reload.data.roles} />}
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
