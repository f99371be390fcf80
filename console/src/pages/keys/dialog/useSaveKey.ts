import { useRef, useState } from 'react';
import { api, data } from '../../../api/client';
import { ApiProblem } from '../../../api/problem';
import { queryClient } from '../../../api/queries';
import type { Key, KeyWithSecret } from '../../../api/types';
import { keyQuery, refreshKeys } from '../queries';
import { changes, properties, type Draft } from './draft';

interface Options {
  onSaved: () => void;
  onMade: ((made: KeyWithSecret) => void) | undefined;
  onSaving: (saving: boolean) => void;
}

/** Sends the dialog: creates a key, or changes what differs. One at a time; a second click while saving does nothing. */
export function useSaveKey({ onSaved, onMade, onSaving }: Options) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const running = useRef(false);

  const save = async (draft: Draft, current: Key | null): Promise<ApiProblem | null> => {
    if (running.current) return null;
    running.current = true;
    setBusy(true);
    onSaving(true);
    setProblem(null);
    try {
      if (current === null) {
        const made = await data(api.POST('/console/api/keys', { body: properties(draft) }));
        onMade?.(made);
        void refreshKeys();
      } else {
        await edit(draft, current);
        // The list shows the new values before the dialog goes.
        await refreshKeys();
        onSaved();
      }
      return null;
    } catch (error) {
      const told = ApiProblem.from(error);
      setProblem(told);
      // What may have happened is to be seen.
      if (told.isUnclear) void refreshKeys();
      return told;
    } finally {
      running.current = false;
      setBusy(false);
      onSaving(false);
    }
  };
  return { save, busy, problem, clear: () => setProblem(null) };
}

async function edit(draft: Draft, current: Key): Promise<void> {
  const body = changes(draft, current);
  if (Object.keys(body).length === 0) return;
  const params = { path: { id: current.id }, header: { 'if-match': `"${current.updatedAt}"` } };
  const key = await data(api.PATCH('/console/api/keys/{id}', { params, body }));
  // So that a dialog that is opened again at once has the new version.
  queryClient.setQueryData(keyQuery(key.id).queryKey, key);
}
