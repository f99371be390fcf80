import { Button, Select, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { ApiProblem } from '../../api/problem';
import { Dialog, DialogButtons } from '../../shared/Dialog';
import { ErrorNote } from '../../shared/ErrorNote';
import { emailProblem } from '../../shared/passwordRules';
import { twiceProblems } from '../../shared/PasswordTwice';
import { SubmitButton } from '../../shared/SubmitButton';
import { useSubmit } from '../../shared/useSubmit';
import { NewPassword, NOTHING_CHOSEN } from './NewPassword';
import { usersQuery } from './queries';
import { CONSOLE_ROLES } from './roles';

interface Props {
  opened: boolean;
  onClose: () => void;
}

export function NewUserDialog({ opened, onClose }: Props) {
  return (
    <Dialog opened={opened} onClose={onClose} title="New user" closeOnClickOutside={false}>
      <NewUserForm onClose={onClose} />
    </Dialog>
  );
}

function NewUserForm({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('viewer');
  const [chosen, setChosen] = useState(NOTHING_CHOSEN);
  const [checked, setChecked] = useState(false);
  const found = {
    email: emailProblem(email),
    ...twiceProblems(chosen),
  };
  const { problem, busy, submit } = useSubmit(async () => {
    setChecked(true);
    if (Object.values(found).some((message) => message !== undefined)) return;
    try {
      await api.POST('/console/api/users', { body: { email: email.trim(), role, password: chosen.password } });
    } catch (error) {
      // What may have happened without an answer is to be seen.
      if (ApiProblem.from(error).isUnclear) void client.invalidateQueries(usersQuery);
      throw error;
    }
    await client.invalidateQueries(usersQuery);
    notifications.show({ message: `${email.trim()} may sign in now.` });
    onClose();
  });
  const shown = checked ? found : { email: undefined, password: undefined, again: undefined };
  // A taken address belongs to its field, like the fields of a 422.
  const taken = problem?.status === 409 ? problem.detail : undefined;
  const errors = {
    email: shown.email ?? problem?.field('email') ?? taken,
    role: problem?.field('role'),
    password: shown.password ?? problem?.field('password'),
    again: shown.again,
  };
  const elsewhere = problem !== null && Object.values(errors).every((message) => message === undefined);
  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <TextInput
          label="Email"
          type="email"
          autoComplete="off"
          data-autofocus
          aria-required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={errors.email}
        />
        <RoleSelect value={role} onChange={setRole} error={errors.role} />
        <NewPassword value={chosen} onChange={setChosen} errors={errors} />
        {elsewhere && problem.isUnclear && (
          <ErrorNote
            error={problem.with('It may have been made: then the list shows it. Look there before you create it again.')}
            title="It is not known whether the user was made"
          />
        )}
        {elsewhere && !problem.isUnclear && <ErrorNote error={problem} title="The user was not made" onRetry={() => void submit()} />}
      </Stack>
      <DialogButtons>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <SubmitButton busy={busy}>Create user</SubmitButton>
      </DialogButtons>
    </form>
  );
}

interface RoleSelectProps {
  value: string;
  onChange: (role: string) => void;
  error?: string | undefined;
}

/** One of the console's roles, with what it may do below. */
export function RoleSelect({ value, onChange, error }: RoleSelectProps) {
  return (
    <Select
      label="Role"
      data={CONSOLE_ROLES.map(({ value: role, label }) => ({ value: role, label }))}
      value={value}
      onChange={(role) => role !== null && onChange(role)}
      allowDeselect={false}
      description={CONSOLE_ROLES.find((known) => known.value === value)?.does}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      error={error}
    />
  );
}
