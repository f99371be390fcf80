import { Text, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy, IconEye, IconEyeOff } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { api, data } from '../../../api/client';
import { ApiProblem } from '../../../api/problem';
import type { Key } from '../../../api/types';
import { announce } from '../../../shared/announce';
import { copyTip } from '../../../shared/CopyButton';
import { IconButton } from '../../../shared/IconButton';
import { useCopied } from '../../../shared/useCopied';
import { MASK } from '../model';
import classes from './SecretCell.module.css';

/** A shown secret is masked again after so long. */
const SHOWN_FOR = 30_000;

interface Props {
  item: Key;
  reveal: boolean;
  mayManage: boolean;
}

/** The masked secret with its show and copy buttons (K-41, K-42). The secret lives in this component's state only. */
export function SecretCell({ item, reveal, mayManage }: Props) {
  const [secret, setSecret] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const { state, copy } = useCopied();

  useEffect(() => {
    if (secret === null) return undefined;
    const timer = window.setTimeout(() => {
      setSecret(null);
      announce('The secret is masked again.');
    }, SHOWN_FOR);
    return () => window.clearTimeout(timer);
  }, [secret]);
  // A new secret was made: the one shown is no longer it.
  useEffect(() => setSecret(null), [item.updatedAt]);

  const fetchSecret = async (): Promise<string | null> => {
    setBusy(true);
    setError(null);
    try {
      return (await data(api.POST('/console/api/keys/{id}/reveal', { params: { path: { id: item.id } } }))).secret;
    } catch (thrown) {
      setError(message(ApiProblem.from(thrown)));
      return null;
    } finally {
      setBusy(false);
    }
  };
  const toggle = async () => {
    if (secret !== null) setSecret(null);
    else if (!busy) setSecret(await fetchSecret());
  };
  const copySecret = async () => {
    if (busy) return;
    const text = secret ?? (await fetchSecret());
    if (text !== null) await copy(text);
  };

  if (!mayManage) return <span className={`mono ${classes.mask}`}>{MASK}</span>;
  if (!reveal) {
    return (
      <span className={classes.cell}>
        <span className={`mono ${classes.mask}`}>{MASK}</span>
        <Tooltip label="The server keeps no copy of secrets: each is shown once, when it is made. Regenerate the key for a new one." multiline w={260}>
          <Text span size="sm" c="dimmed" tabIndex={0} className={classes.once}>
            shown once only
          </Text>
        </Tooltip>
      </span>
    );
  }
  const shown = secret !== null;
  return (
    <>
      <span className={classes.cell} data-shown={shown || undefined}>
        <span className={`mono ${classes.secret}`}>{secret ?? MASK}</span>
        <span className={classes.buttons}>
          <IconButton
            label={`${shown ? 'Hide' : 'Show'} ${item.description}`}
            hint={shown ? 'Hide' : 'Show'}
            icon={shown ? IconEyeOff : IconEye}
            busy={busy}
            onClick={() => void toggle()}
          />
          <IconButton
            label={`Copy ${item.description}`}
            hint="Copy"
            icon={state === 'done' ? IconCheck : IconCopy}
            tip={copyTip(state)}
            onClick={() => void copySecret()}
          />
        </span>
      </span>
      {error !== null && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {error}
        </Text>
      )}
    </>
  );
}

/** Why there is no secret; nothing when the person did not want to confirm the password. */
function message(problem: ApiProblem): string | null {
  if (problem.kind === 'confirm-required') return null;
  if (problem.kind === 'reveal-off') return 'The server keeps no copy of this secret. Regenerate the key for a new one.';
  return `${problem.detail} Press the button to try again.`;
}
