import type { Key } from '../../../api/types';
import { ConfirmDialog } from '../../../shared/ConfirmDialog';
import { isAdministration } from '../model';
import type { Draft } from './draft';

interface Props {
  opened: boolean;
  draft: Draft;
  base: Key;
  onCancel: () => void;
  onConfirm: () => void;
}

const becomesAdministration = (draft: Draft, base: Key) => draft.type === 'administration' && !isAdministration(base);
const becomesPublic = (draft: Draft, base: Key) => draft.hosts.length === 0 && base.allowedHosts.length > 0;

/** True when an edit opens a key far further: to all data (O-4), or to every host (O-10). */
export function needsConfirmation(draft: Draft, base: Key): boolean {
  return becomesAdministration(draft, base) || becomesPublic(draft, base);
}

export function ConfirmEdit({ opened, draft, base, onCancel, onConfirm }: Props) {
  const toAdministration = becomesAdministration(draft, base);
  const toPublic = becomesPublic(draft, base);
  const confirm = toAdministration && toPublic ? 'Save both' : toPublic ? 'Open to every host' : 'Make it Administration';
  return (
    <ConfirmDialog opened={opened} title="This opens the key further" confirm={confirm} danger onCancel={onCancel} onConfirm={onConfirm}>
      {toAdministration && <p>“{base.description}” becomes an Administration key: it then reads and changes all application data, whatever the roles say.</p>}
      {toPublic && <p>The list of allowed hosts is empty now: “{base.description}” then works from every host.</p>}
    </ConfirmDialog>
  );
}
