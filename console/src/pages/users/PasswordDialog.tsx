import { Button, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { api } from '../../api/client';
import { Dialog, DialogButtons } from '../../shared/Dialog';
import { ErrorNote } from '../../shared/ErrorNote';
import { twiceProblems } from '../../shared/PasswordTwice';
import { SubmitButton } from '../../shared/SubmitButton';
import { useSubmit } from '../../shared/useSubmit';
import { NewPassword, NOTHING_CHOSEN } from './NewPassword';
import type { User } from './queries';

interface Props {
  /** Null: closed. */
  user: User | null;
  onClose: () => void;
}

export function PasswordDialog({ user, onClose }: Props) {
  return (
    <Dialog opened={user !== null} onClose={onClose} title={`Password of ${user?.email ?? ''}`} closeOnClickOutside={false}>
      {user !== null && <NewPasswordForm email={user.email} onClose={onClose} />}
    </Dialog>
  );
}

function NewPasswordForm({ email, onClose }: { email: string; onClose: () => void }) {
  const [chosen, setChosen] = useState(NOTHING_CHOSEN);
  const [checked, setChecked] = useState(false);
  const found = twiceProblems(chosen);
  const { problem, busy, submit } = useSubmit(async () => {
    setChecked(true);
    if (found.password !== undefined || found.again !== undefined) return;
    await api.PATCH('/console/api/users/{email}', { params: { path: { email } }, body: { password: chosen.password } });
    notifications.show({ message: `The password of ${email} is set.` });
    onClose();
  });
  const refused = problem?.field('password');
  const errors = checked ? { password: found.password ?? refused, again: found.again } : {};
  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <Text>Sessions of this person end, and they sign in with the new password.</Text>
        <input type="text" name="email" autoComplete="username" value={email} readOnly hidden />
        <NewPassword value={chosen} onChange={setChosen} errors={errors} />
        {problem !== null && refused === undefined && (
          <ErrorNote error={problem} title="The password was not set" onRetry={() => void submit()} />
        )}
      </Stack>
      <DialogButtons>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <SubmitButton busy={busy}>Set password</SubmitButton>
      </DialogButtons>
    </form>
  );
}
