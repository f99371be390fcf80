import { api, data } from '../../../api/client';
import { ApiProblem } from '../../../api/problem';
import { queryClient } from '../../../api/queries';
import type { Key, KeyWithSecret } from '../../../api/types';
import { useSubmit } from '../../../shared/useSubmit';
import { keyQuery, refreshKeys } from '../queries';
import { changes, properties, type Draft } from './draft';

interface Options {
  draft: Draft;
  /** The key that is edited; null: a new one. */
  base: Key | null;
  onSaved: () => void;
  onMade: ((made: KeyWithSecret) => void) | undefined;
  onSaving: (saving: boolean) => void;
}

/** Sends the dialog: creates a key, or changes what differs. */
export function useSaveKey({ draft, base, onSaved, onMade, onSaving }: Options) {
  return useSubmit(async () => {
    onSaving(true);
    try {
      if (base === null) {
        const made = await data(api.POST('/console/api/keys', { body: properties(draft) }));
        onMade?.(made);
        void refreshKeys();
      } else {
        await edit(draft, base);
        // The list shows the new values before the dialog goes.
        await refreshKeys();
        onSaved();
      }
    } catch (error) {
      // What may have happened without an answer is to be seen.
      if (ApiProblem.from(error).isUnclear) void refreshKeys();
      throw error;
    } finally {
      onSaving(false);
    }
  });
}

async function edit(draft: Draft, current: Key): Promise<void> {
  const body = changes(draft, current);
  if (Object.keys(body).length === 0) return;
  const params = { path: { id: current.id }, header: { 'if-match': `"${current.updatedAt}"` } };
  const key = await data(api.PATCH('/console/api/keys/{id}', { params, body }));
  // So that a dialog that is opened again at once has the new version.
  queryClient.setQueryData(keyQuery(key.id).queryKey, key);
}
