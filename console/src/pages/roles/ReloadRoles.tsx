import { Alert, Button, Stack } from '@mantine/core';
import { IconCircleCheck, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '../../api/client';
import { ApiProblem } from '../../api/problem';
import { rolesQuery } from '../../api/queries';
import { Dialog, DialogButtons } from '../../shared/Dialog';
import { plural } from '../../shared/format';
import { FindingTable } from './FindingTable';
import classes from './Findings.module.css';
import { ReloadFailed } from './ReloadFailed';
import { findingsQuery } from './queries';

/** Reads roles.json again and tells what was found. For owners. */
export function ReloadRoles() {
  const client = useQueryClient();
  const [report, setReport] = useState(false);
  const reload = useMutation({
    mutationFn: () => data(api.POST('/console/api/roles/reload')),
    onSuccess: ({ warnings }) => {
      client.setQueryData(findingsQuery.queryKey, warnings);
      void client.invalidateQueries(rolesQuery);
      for (const queryKey of [['resolved'], ['keys']]) void client.invalidateQueries({ queryKey });
    },
    onSettled: () => setReport(true),
  });
  const close = () => setReport(false);
  const problem = reload.error === null ? null : ApiProblem.from(reload.error);
  return (
    <>
      <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} loading={reload.isPending} onClick={() => reload.mutate()}>
        Reload roles.json
      </Button>
      <Dialog opened={report} onClose={close} title="Reload roles.json" size="xl">
        {problem !== null && <ReloadFailed problem={problem} where="roles.json" kept="rules" onRetry={() => reload.mutate()} />}
        {problem === null && reload.data !== undefined && (
          <Stack gap="sm">
            <Alert variant="outline" color="green.8" classNames={{ title: classes.done ?? '', icon: classes.done ?? '' }} role="status" icon={<IconCircleCheck aria-hidden />} title="The file is in force">
              {reload.data.warnings.length === 0
                ? 'No errors, no warnings. All keys follow the new rules from their next request on.'
                : `No errors, ${plural(reload.data.warnings.length, 'warning')}. All keys follow the new rules from their next request on.`}
            </Alert>
            {reload.data.warnings.length > 0 && <FindingTable label="Warnings" findings={reload.data.warnings} />}
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
