import { Button, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState, type FormEvent } from 'react';
import { api, data } from '../api/client';
import { ApiProblem } from '../api/problem';
import { setSession } from '../api/session';
import { Dialog, DialogButtons } from '../shared/Dialog';
import { ErrorNote } from '../shared/ErrorNote';
import { PasswordField } from '../shared/PasswordField';
import { SubmitButton } from '../shared/SubmitButton';
import { passwordProblem } from '../shared/passwordRules';
import { tooMany } from './PasswordForm';

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
  const [chosen, setChosen] = useState('');
  const [again, setAgain] = useState('');
  const [checked, setChecked] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const chosenError = checked ? passwordProblem(chosen) : undefined;
  const againError = checked && again !== chosen ? 'The two passwords differ.' : undefined;
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (busy || passwordProblem(chosen) !== undefined || again !== chosen) return;
    setBusy(true);
    try {
      setSession(await data(api.POST('/console/api/password', { body: { password, newPassword: chosen } })));
      notifications.show({ message: 'The password is changed. Other sessions of yours are over.' });
      onClose();
    } catch (error) {
      setProblem(ApiProblem.from(error));
    }
    setBusy(false);
  };
  const current = currentError(problem);
  const refused = problem?.field('newPassword');
  return (
    <form noValidate onSubmit={(event) => void onSubmit(event)}>
      <Stack gap="sm">
        <input type="text" name="email" autoComplete="username" value={email} readOnly hidden />
        <PasswordField label="Password now" value={password} onChange={setPassword} error={current} autoComplete="current-password" autoFocus />
        <PasswordField label="New password" value={chosen} onChange={setChosen} error={chosenError ?? refused} autoComplete="new-password" description="At least 8 characters." />
        <PasswordField label="New password again" value={again} onChange={setAgain} error={againError} autoComplete="new-password" />
        {problem !== null && current === undefined && refused === undefined && <ErrorNote error={problem} />}
      </Stack>
      <DialogButtons>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <SubmitButton busy={busy}>
          Change password
        </SubmitButton>
      </DialogButtons>
    </form>
  );
}

function currentError(problem: ApiProblem | null): string | undefined {
  if (problem === null) return undefined;
  if (problem.status === 429) return tooMany(problem);
  return problem.status === 401 && problem.kind !== 'sign-in-required' ? 'The password is wrong.' : problem.field('password');
}
