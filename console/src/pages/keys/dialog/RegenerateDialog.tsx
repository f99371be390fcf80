import { Button, Radio, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { api, data } from '../../../api/client';
import type { ApiProblem } from '../../../api/problem';
import type { Key, KeyWithSecret } from '../../../api/types';
import { Dialog, DialogButtons } from '../../../shared/Dialog';
import { ErrorNote } from '../../../shared/ErrorNote';
import { SubmitButton } from '../../../shared/SubmitButton';
import { useSubmit } from '../../../shared/useSubmit';
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
  const { problem, busy, submit, clear } = useSubmit(async () => {
    if (target === null) return;
    const body = overlap === '' ? {} : { overlap };
    try {
      setMade(await data(api.POST('/console/api/keys/{id}/regenerate', { params: { path: { id: target.id } }, body })));
    } finally {
      // Also without an answer: what may have happened is to be seen.
      void refreshKeys();
    }
  });
  useEffect(() => {
    setMade(null);
    setOverlap('');
    clear();
  }, [target]);
  const guard = useSecretDialog(reveal, made !== null, onClose);

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
        <form noValidate onSubmit={(event) => void submit(event)}>
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
            {problem !== null && <Failed problem={problem} onRetry={() => void submit()} />}
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

function Failed({ problem, onRetry }: { problem: ApiProblem; onRetry: () => void }) {
  if (!problem.isUnclear) return <ErrorNote error={problem} title="No new secret was made" onRetry={onRetry} />;
  const told = problem.with('If one was made, the old secret ends as chosen here. Regenerate again for a secret that you see.');
  return <ErrorNote error={told} title="It is not known whether a new secret was made" />;
}
