import { Button, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { api, data } from '../api/client';
import type { ApiProblem } from '../api/problem';
import { setSession } from '../api/session';
import { Dialog, DialogButtons } from '../shared/Dialog';
import { ErrorNote } from '../shared/ErrorNote';
import { PasswordField } from '../shared/PasswordField';
import { PasswordTwice, twiceProblems } from '../shared/PasswordTwice';
import { SubmitButton } from '../shared/SubmitButton';
import { useSubmit } from '../shared/useSubmit';
import { tooMany } from './AskPasswordForm';

interface Props {
  opened: boolean;
  onClose: () => void;
  email: string;
}

export function ChangePasswordDialog({ opened, onClose, email }: Props) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Change password" size="sm" closeOnClickOutside={false}>
      <ChangePasswordForm onClose={onClose} email={email} />
    </Dialog>
  );
}

function ChangePasswordForm({ onClose, email }: Omit<Props, 'opened'>) {
  const [password, setPassword] = useState('');
  const [chosen, setChosen] = useState({ password: '', again: '' });
  const [checked, setChecked] = useState(false);
  const found = twiceProblems(chosen);
  const { problem, busy, submit } = useSubmit(async () => {
    setChecked(true);
    if (found.password !== undefined || found.again !== undefined) return;
    setSession(await data(api.POST('/console/api/password', { body: { password, newPassword: chosen.password } })));
    notifications.show({ message: 'The password is changed. Other sessions of yours are over.' });
    onClose();
  });
  const current = currentError(problem);
  const refused = problem?.field('newPassword');
  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <input type="text" name="email" autoComplete="username" value={email} readOnly hidden />
        <PasswordField label="Password now" value={password} onChange={setPassword} error={current} autoComplete="current-password" autoFocus />
        <PasswordTwice
          label="New password"
          value={chosen}
          onChange={setChosen}
          errors={checked ? { password: found.password ?? refused, again: found.again } : {}}
        />
        {problem !== null && current === undefined && refused === undefined && <ErrorNote error={problem} />}
      </Stack>
      <DialogButtons>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <SubmitButton busy={busy}>Change password</SubmitButton>
      </DialogButtons>
    </form>
  );
}

function currentError(problem: ApiProblem | null): string | undefined {
  if (problem === null) return undefined;
  if (problem.status === 429) return tooMany(problem);
  return problem.status === 401 && problem.kind !== 'sign-in-required' ? 'The password is wrong.' : problem.field('password');
}
