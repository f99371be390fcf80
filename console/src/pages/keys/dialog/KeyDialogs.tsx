import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { environmentQuery } from '../../../api/queries';
import type { KeyWithSecret } from '../../../api/types';
import { Dialog } from '../../../shared/Dialog';
import { ErrorNote } from '../../../shared/ErrorNote';
import { keyQuery } from '../queries';
import { useKeyFacts, useKeySearch } from '../useKeys';
import { FormSkeleton } from './FormSkeleton';
import { KeyForm } from './KeyForm';
import { SecretOnce, useSecretDialog } from './SecretOnce';

/** The dialogs of section 4, opened by the address: `?new=true`, `?edit=key_…`. */
export function KeyDialogs() {
  const { search, dialog } = useKeySearch();
  const close = () => dialog({});
  return (
    <>
      <NewKeyDialog opened={search.new === true} onClose={close} />
      <EditKeyDialog id={search.new === true ? undefined : search.edit} onClose={close} />
    </>
  );
}

function NewKeyDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const environment = useQuery(environmentQuery);
  const { environment: facts } = useKeyFacts();
  const [made, setMade] = useState<KeyWithSecret | null>(null);
  const [saving, setSaving] = useState(false);
  const guard = useSecretDialog(facts?.reveal ?? true, made !== null, onClose);
  return (
    <Dialog
      opened={opened}
      onClose={made === null ? () => !saving && onClose() : guard.close}
      title={made === null ? 'New API key' : 'The API key is made'}
      size="lg"
      closeOnClickOutside={false}
      // The secret leaves the page with the dialog, however that is closed.
      onExited={() => setMade(null)}
    >
      {made !== null && (
        <SecretOnce made={made} reveal={facts?.reveal ?? true} warned={guard.warned} onCopied={guard.copied} onDone={onClose} />
      )}
      {made === null && environment.isPending && <FormSkeleton />}
      {made === null && !environment.isPending && (
        <KeyForm key="new" current={null} onCancel={onClose} onMade={setMade} onSaved={onClose} onSaving={setSaving} />
      )}
    </Dialog>
  );
}

function EditKeyDialog({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  // What was shown stays while the dialog fades away.
  const [shown, setShown] = useState(id);
  if (id !== undefined && id !== shown) setShown(id);
  const [saving, setSaving] = useState(false);
  return (
    <Dialog
      opened={id !== undefined}
      onClose={() => !saving && onClose()}
      onExited={() => setShown(undefined)}
      title="Edit API key"
      size="lg"
      closeOnClickOutside={false}
    >
      {shown !== undefined && <EditKey id={shown} onClose={onClose} onSaving={setSaving} />}
    </Dialog>
  );
}

/** Loads the key, unless the list has it already. */
function EditKey({ id, onClose, onSaving }: { id: string; onClose: () => void; onSaving: (saving: boolean) => void }) {
  const query = useQuery(keyQuery(id));
  if (query.data !== undefined) return <KeyForm key={id} current={query.data} onCancel={onClose} onSaved={onClose} onSaving={onSaving} />;
  if (query.error === null) return <FormSkeleton />;
  return <ErrorNote error={query.error} title="The key could not be loaded" onRetry={() => void query.refetch()} />;
}
