import { Badge, Button, Group } from '@mantine/core';
import { useSession } from '../../api/session';
import { StackTable, type Column } from '../../shared/StackTable';
import { TimeText } from '../../shared/TimeText';
import type { User } from './queries';
import { roleLabel } from './roles';

export type UserAction = 'role' | 'password' | 'delete';

interface Props {
  users: readonly User[];
  onAction: (action: UserAction, user: User) => void;
}

const ACTIONS: readonly { action: UserAction; text: string }[] = [
  { action: 'role', text: 'Change role' },
  { action: 'password', text: 'Set password' },
  { action: 'delete', text: 'Delete' },
];

export function UserTable({ users, onAction }: Props) {
  const own = useSession()?.user.email;
  const columns: readonly Column<User>[] = [
    {
      head: 'Email',
      cell: ({ email }) => (
        <Group gap="xs">
          {email}
          {email === own && (
            <Badge variant="default" size="sm" tt="none">
              You
            </Badge>
          )}
        </Group>
      ),
    },
    { head: 'Role', cell: ({ role }) => roleLabel(role), nowrap: true },
    { head: 'Last sign-in', cell: ({ lastSignInAt }) => (typeof lastSignInAt === 'string' ? <TimeText at={lastSignInAt} /> : 'Never'), nowrap: true },
    { head: 'Created', cell: ({ createdAt }) => <TimeText at={createdAt} />, nowrap: true },
    {
      head: 'Actions',
      hidden: true,
      cell: (user) => (
        <Group gap={4} wrap="wrap" justify="flex-end">
          {ACTIONS.map(({ action, text }) => (
            <Button
              key={action}
              size="compact-sm"
              variant="default"
              {...(action === 'delete' ? { c: 'var(--mantine-color-error)' } : {})}
              aria-label={`${text}: ${user.email}`}
              onClick={() => onAction(action, user)}
            >
              {text}
            </Button>
          ))}
        </Group>
      ),
    },
  ];
  return <StackTable label="Users" columns={columns} rows={users} rowKey={({ email }) => email} />;
}
