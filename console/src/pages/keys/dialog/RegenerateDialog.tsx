import { Button, Radio, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { api, data } from '../../../api/client';
import { ApiProblem } from '../../../api/problem';
import type { Key, KeyWithSecret } from '../../../api/types';
import { Dialog, DialogButtons } from '../../../shared/Dialog';
import { ErrorNote } from '../../../shared/ErrorNote';
import { SubmitButton } from '../../../shared/SubmitButton';
import { refreshKeys } from '../queries';
import { SecretOnce, useSecretDialog } from './SecretOnce';

const OVERLAPS = [
  { value: '', name: 'Not at all', note: 'The old secret ends at once.' },
  { value: '1h', name: '1 hour', note: 'The old secret works for one more hour.' },
  { value: '24h', name: '24 hours', note: 'The old secret works for 24 more hours.' },
  { value: '7d', name: '7 days', note: 'The old secret works for 7 more days.' },
] as const;

type Overlap = (typeof OVERLAPS)[number]['value'];

interface Props {
  target: Key | null;
  reveal: boolean;
  onClose: () => void;
}

/** A new secret for a key; the old one works on for the time chosen (O-5). */
export function RegenerateDialog({ target, reveal, onClose }: Props) {
  const [shown, setShown] = useState(target);
  if (target !== null && target !== shown) setShown(target);
  const [made, setMade] = useState<KeyWithSecret | null>(null);
  const [overlap, setOverlap] = useState<Overlap>('');
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const [error, setError] = useState<ApiProblem | null>(null);
  useEffect(() => {
    setMade(null);
    setOverlap('');
    setError(null);
  }, [target]);
  const guard = useSecretDialog(reveal, made !== null, onClose);

  const regenerate = async () => {
    if (target === null || running.current) return;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      const body = overlap === '' ? {} : { overlap };
      setMade(await data(api.POST('/console/api/keys/{id}/regenerate', { params: { path: { id: target.id } }, body })));
      void refreshKeys();
    } catch (thrown) {
      setError(ApiProblem.from(thrown));
    }
    running.current = false;
    setBusy(false);
  };
  return (
    <Dialog
      opened={target !== null}
      onClose={made === null ? () => !busy && onClose() : guard.close}
      title={made === null ? 'New secret for this API key?' : 'The new secret is made'}
      size={made === null ? 'md' : 'lg'}
      closeOnClickOutside={made === null}
    >
      {made !== null ? (
        <SecretOnce
          made={made}
          reveal={reveal}
          warned={guard.warned}
          onCopied={guard.copied}
          onDone={onClose}
          note={OVERLAPS.find(({ value }) => value === overlap)?.note ?? ''}
        />
      ) : (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void regenerate();
          }}
        >
          <Stack gap="md">
            <Text>
              <strong>{shown?.description}</strong> gets a new secret; role, hosts and ID stay. Programs need the new one.
            </Text>
            <Radio.Group label="How long the old secret works on" value={overlap} onChange={(value) => setOverlap(value as Overlap)}>
              <Stack gap="xs" mt="xs">
                {OVERLAPS.map(({ value, name }, index) => (
                  <Radio key={value} value={value} label={name} data-autofocus={index === 0 || undefined} />
                ))}
              </Stack>
            </Radio.Group>
            {error !== null && <ErrorNote error={error} title="No new secret was made" onRetry={() => void regenerate()} />}
          </Stack>
          <DialogButtons>
            <Button variant="default" onClick={() => !busy && onClose()}>
              Cancel
            </Button>
            <SubmitButton busy={busy}>Regenerate</SubmitButton>
          </DialogButtons>
        </form>
      )}
    </Dialog>
  );
}
