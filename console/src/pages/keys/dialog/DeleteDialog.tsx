import { useEffect, useState } from 'react';
import { notifications } from '@mantine/notifications';
import { api } from '../../../api/client';
import { ApiProblem } from '../../../api/problem';
import type { Key } from '../../../api/types';
import { ConfirmDialog } from '../../../shared/ConfirmDialog';
import { TimeText } from '../../../shared/TimeText';
import { useSubmit } from '../../../shared/useSubmit';
import { refreshKeys } from '../queries';

interface Props {
  /** The key to delete; null: closed. */
  target: Key | null;
  onClose: () => void;
}

/** Asks before a key is deleted (K-43): names it and says when it was used last. */
export function DeleteDialog({ target, onClose }: Props) {
  const [shown, setShown] = useState(target);
  if (target !== null && target !== shown) setShown(target);
  const { problem, busy, submit, clear } = useSubmit(async () => {
    if (target === null) return;
    await api.DELETE('/console/api/keys/{id}', { params: { path: { id: target.id } } }).catch(unlessGone);
    await refreshKeys();
    notifications.show({ message: `“${target.description}” is deleted.` });
    onClose();
  });
  useEffect(() => clear(), [target]);
  return (
    <ConfirmDialog
      opened={target !== null}
      title="Delete this API key?"
      confirm="Delete"
      danger
      busy={busy}
      error={problem}
      onConfirm={() => void submit()}
      onCancel={onClose}
    >
      {shown !== null && (
        <>
          <p>
            <strong>{shown.description}</strong> stops working at once. This cannot be taken back.
          </p>
          <p>
            {typeof shown.lastUsedAt === 'string' ? (
              <>
                It was last used <TimeText at={shown.lastUsedAt} style="relative" /> (<TimeText at={shown.lastUsedAt} />
                {typeof shown.lastUsedIp === 'string' && <>, from {shown.lastUsedIp}</>}).
              </>
            ) : (
              'It has never been used.'
            )}
          </p>
        </>
      )}
    </ConfirmDialog>
  );
}

/** Somebody else deleted it first: that is what was wanted. */
function unlessGone(error: unknown): void {
  if (ApiProblem.from(error).status !== 404) throw error;
}
