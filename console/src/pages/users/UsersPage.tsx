import { Button, Group, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../api/session';
import { EmptyState } from '../../shared/EmptyState';
import { ErrorNote } from '../../shared/ErrorNote';
import { PageHeader } from '../../shared/PageHeader';
import { TableSkeleton } from '../../shared/TableSkeleton';
import { DeleteUserDialog } from './DeleteUserDialog';
import { NewUserDialog } from './NewUserDialog';
import { PasswordDialog } from './PasswordDialog';
import { RoleDialog } from './RoleDialog';
import { RoleGuide } from './RoleGuide';
import { UserTable, type UserAction } from './UserTable';
import { usersQuery, type User } from './queries';

const route = getRouteApi('/shell/users');

/** People who may sign in to the console. Owners only. */
export function UsersPage() {
  return useMay('owner') ? <OwnersPage /> : <NotForYou />;
}

function NotForYou() {
  return (
    <Stack gap="md">
      <PageHeader title="Users" />
      <EmptyState title="Only owners manage users">Ask an owner of this console to change users and their roles.</EmptyState>
    </Stack>
  );
}

function OwnersPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const users = useQuery(usersQuery);
  const [open, setOpen] = useState<{ action: UserAction; user: User } | null>(null);
  const showNew = (shown: boolean) => void navigate({ search: shown ? { new: true } : {}, resetScroll: false });
  const close = () => setOpen(null);
  // The dialog keeps its user while it closes.
  const user = (action: UserAction) => (open?.action === action ? open.user : null);
  return (
    <Stack gap="md">
      <PageHeader
        title="Users"
        description="People who may sign in to this console. API keys are not users."
        actions={
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => showNew(true)}>
            New user
          </Button>
        }
      />
      {users.error !== null && <ErrorNote error={users.error} title="The users could not be loaded" onRetry={() => void users.refetch()} />}
      {users.isPending && <TableSkeleton rows={4} label="Users" />}
      {users.data !== undefined && <UserTable users={users.data} onAction={(action, chosen) => setOpen({ action, user: chosen })} />}
      <Group>
        <RoleGuide />
      </Group>
      <NewUserDialog opened={search.new === true} onClose={() => showNew(false)} />
      <RoleDialog user={user('role')} onClose={close} />
      <PasswordDialog user={user('password')} onClose={close} />
      <DeleteUserDialog user={user('delete')} onClose={close} />
    </Stack>
  );
}
