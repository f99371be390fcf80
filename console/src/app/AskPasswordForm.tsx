import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { ApiProblem } from '../api/problem';
import { DialogButtons } from '../shared/Dialog';
import { ErrorNote } from '../shared/ErrorNote';
import { PasswordField } from '../shared/PasswordField';
import { SubmitButton } from '../shared/SubmitButton';
import { useSubmit } from '../shared/useSubmit';
import { waiting } from '../shared/format';

interface Props {
  email: string;
  /** Why the password is wanted. */
  reason: string;
  /** Name of the button. */
  submit: string;
  /** Gives the password to the server; throws an `ApiProblem`. */
  send: (password: string) => Promise<void>;
  onCancel: () => void;
  cancel?: string;
}

/** The password of the person who is signed in, asked for again. */
export function AskPasswordForm({ email, reason, submit, send, onCancel, cancel = 'Cancel' }: Props) {
  const [password, setPassword] = useState('');
  const { problem, busy, submit: onSubmit } = useSubmit(() => send(password));
  const atField = fieldMessage(problem);
  return (
    <form noValidate onSubmit={(event) => void onSubmit(event)}>
      <Stack gap="sm">
        <Text>{reason}</Text>
        {/* Tells password managers whose password it is. */}
        <input type="text" name="email" autoComplete="username" value={email} readOnly hidden />
        <PasswordField label="Password" value={password} onChange={setPassword} error={atField} autoComplete="current-password" autoFocus />
        {problem !== null && atField === undefined && <ErrorNote error={problem} />}
      </Stack>
      <DialogButtons>
        <Button variant="default" onClick={onCancel}>
          {cancel}
        </Button>
        <SubmitButton busy={busy}>{submit}</SubmitButton>
      </DialogButtons>
    </form>
  );
}

function fieldMessage(problem: ApiProblem | null): string | undefined {
  if (problem === null) return undefined;
  if (problem.status === 429) return tooMany(problem);
  // The session may be over too: that is no fault of the password.
  if (problem.status === 401 && problem.kind !== 'sign-in-required') return 'The password is wrong.';
  return problem.field('password');
}

/** Too many failures: says how long to wait. */
export function tooMany(problem: ApiProblem): string {
  return problem.retryAfter === null
    ? problem.detail
    : `Too many failed attempts. Try again in ${waiting(problem.retryAfter)}.`;
}
