import { Button, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { refreshSession } from '../../api/client';
import { useSession } from '../../api/session';
import { Dialog, DialogButtons } from '../../shared/Dialog';
import { ErrorNote } from '../../shared/ErrorNote';
import { SubmitButton } from '../../shared/SubmitButton';
import { useSubmit } from '../../shared/useSubmit';
import { RoleSelect } from './NewUserDialog';
import { usersQuery, type User } from './queries';
import { roleLabel } from './roles';

interface Props {
  /** Null: closed. */
  user: User | null;
  onClose: () => void;
}

export function RoleDialog({ user, onClose }: Props) {
  return (
    <Dialog opened={user !== null} onClose={onClose} title={`Role of ${user?.email ?? ''}`}>
      {user !== null && <RoleForm user={user} onClose={onClose} />}
    </Dialog>
  );
}

function RoleForm({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient();
  const own = useSession()?.user.email === user.email;
  const [role, setRole] = useState(user.role);
  const { problem, busy, submit } = useSubmit(async () => {
    await api.PATCH('/console/api/users/{email}', { params: { path: { email: user.email } }, body: { role } });
    notifications.show({ message: `${user.email} is ${roleLabel(role).toLowerCase()} now.` });
    onClose();
    // Somebody who takes the role of owner from themselves loses this page.
    if (own) await refreshSession();
    await client.invalidateQueries(usersQuery);
  });
  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <RoleSelect value={role} onChange={setRole} error={problem?.field('role')} />
        {problem !== null && problem.field('role') === undefined && (
          <ErrorNote error={problem} title="The role was not changed" onRetry={problem.status === 409 ? undefined : () => void submit()} />
        )}
      </Stack>
      <DialogButtons>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <SubmitButton busy={busy}>Change role</SubmitButton>
      </DialogButtons>
    </form>
  );
}
