import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { useSession } from '../../api/session';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { TimeText } from '../../shared/TimeText';
import { useSubmit } from '../../shared/useSubmit';
import { usersQuery, type User } from './queries';

interface Props {
  /** Null: closed. */
  user: User | null;
  onClose: () => void;
}

export function DeleteUserDialog({ user, onClose }: Props) {
  // Another user, another dialog: no message stays from the one before.
  return <Confirmation key={user?.email ?? ''} user={user} onClose={onClose} />;
}

function Confirmation({ user, onClose }: Props) {
  const client = useQueryClient();
  const own = useSession()?.user.email;
  const { problem, busy, submit } = useSubmit(async () => {
    if (user === null) return;
    await api.DELETE('/console/api/users/{email}', { params: { path: { email: user.email } } });
    onClose();
    await client.invalidateQueries(usersQuery);
  });
  return (
    <ConfirmDialog
      opened={user !== null}
      title={`Delete ${user?.email ?? ''}?`}
      confirm="Delete"
      danger
      busy={busy}
      error={problem}
      onConfirm={() => void submit()}
      onCancel={onClose}
    >
      <p>{user?.email === own ? 'This is you: your session ends at once. ' : 'Their sessions end at once. '}Keys that they made stay.</p>
      <p>
        {typeof user?.lastSignInAt === 'string' ? (
          <>
            Last sign-in: <TimeText at={user.lastSignInAt} />
          </>
        ) : (
          'They have never signed in.'
        )}
      </p>
    </ConfirmDialog>
  );
}
