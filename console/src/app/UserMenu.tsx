import { ActionIcon, Menu, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconLogout, IconLock, IconUserCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../api/client';
import { cancelAll } from '../api/gate';
import { ApiProblem } from '../api/problem';
import { environmentQuery, queryClient } from '../api/queries';
import { setSession, type Session } from '../api/session';
import { ChangePasswordDialog } from './ChangePasswordDialog';

/** Who is signed in, and what concerns that person. */
export function UserMenu({ user }: { user: Session['user'] }) {
  const [changing, { open, close }] = useDisclosure(false);
  const navigate = useNavigate();
  const version = useQuery(environmentQuery).data?.version;
  const signOut = async () => {
    try {
      await api.DELETE('/console/api/session');
    } catch (error) {
      const problem = ApiProblem.from(error);
      // Already over: that is what was wanted. Otherwise nobody may believe that they are signed out.
      if (problem.status !== 401) {
        notifications.show({ color: 'red', title: 'You are still signed in', message: problem.detail, autoClose: false });
        return;
      }
    }
    setSession(null);
    cancelAll();
    queryClient.clear();
    await navigate({ to: '/sign-in' });
  };
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account" title={user.email}>
            <IconUserCircle size={20} stroke={1.6} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <div className="menu-head" role="presentation">
            <Text size="md" fw={600} truncate>
              {user.email}
            </Text>
            <Text size="sm" c="dimmed">
              {user.role}
            </Text>
          </div>
          <Menu.Divider />
          <Menu.Item leftSection={<IconLock size={16} stroke={1.6} aria-hidden />} onClick={open}>
            Change password
          </Menu.Item>
          <Menu.Item leftSection={<IconLogout size={16} stroke={1.6} aria-hidden />} onClick={() => void signOut()}>
            Sign out
          </Menu.Item>
          {version !== undefined && (
            <>
              <Menu.Divider />
              <Text size="sm" c="dimmed" px="sm" py={6} role="presentation">
                Claviger {version}
              </Text>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <ChangePasswordDialog opened={changing} onClose={close} email={user.email} />
    </>
  );
}
