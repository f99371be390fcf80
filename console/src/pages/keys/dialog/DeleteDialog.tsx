import { useEffect, useRef, useState } from 'react';
import { notifications } from '@mantine/notifications';
import { api } from '../../../api/client';
import { ApiProblem } from '../../../api/problem';
import type { Key } from '../../../api/types';
import { ConfirmDialog } from '../../../shared/ConfirmDialog';
import { TimeText } from '../../../shared/TimeText';
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
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const [error, setError] = useState<ApiProblem | null>(null);
  useEffect(() => setError(null), [target]);

  const remove = async () => {
    if (target === null || running.current) return;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await api.DELETE('/console/api/keys/{id}', { params: { path: { id: target.id } } }).catch(unlessGone);
      await refreshKeys();
      notifications.show({ message: `“${target.description}” is deleted.` });
      onClose();
    } catch (thrown) {
      setError(ApiProblem.from(thrown));
    }
    running.current = false;
    setBusy(false);
  };
  return (
    <ConfirmDialog
      opened={target !== null}
      title="Delete this API key?"
      confirm="Delete"
      danger
      busy={busy}
      error={error}
      onConfirm={() => void remove()}
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
