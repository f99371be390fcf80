import { Button, Stack, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import type { KeyWithSecret } from '../../../api/types';
import { DialogButtons } from '../../../shared/Dialog';
import { shell } from '../../../shared/shell';
import { useCopied } from '../../../shared/useCopied';
import { useEndpoint } from '../../../shared/useEndpoint';
import classes from './SecretOnce.module.css';

/** A secret that cannot be shown again is not lost by a slip: the first try to close without having copied only warns. */
export function useSecretDialog(reveal: boolean, shown: boolean, onClose: () => void) {
  const [warned, setWarned] = useState(false);
  const [taken, setTaken] = useState(false);
  useEffect(() => {
    if (shown) return;
    setWarned(false);
    setTaken(false);
  }, [shown]);
  const close = () => {
    if (reveal || taken || warned) onClose();
    else setWarned(true);
  };
  return { close, warned: warned && !taken, copied: () => setTaken(true) };
}

interface Props {
  made: KeyWithSecret;
  /** The secret can be shown again later. */
  reveal: boolean;
  warned: boolean;
  onCopied: () => void;
  onDone: () => void;
  /** More about what happened. */
  note?: string;
}

/** The new secret for copying, with a line to try it. */
export function SecretOnce({ made, reveal, warned, onCopied, onDone, note }: Props) {
  const { url } = useEndpoint();
  const curl = `curl -H ${shell(`api-key: ${made.secret}`)} ${shell(`${url ?? 'ENDPOINT'}/rest/$catalog`)}`;
  return (
    <>
      <Stack gap="md">
        <Text>
          {reveal
            ? 'This is the secret of '
            : 'This is the only time that the server shows the secret of '}
          <strong>{made.description}</strong>
          {reveal ? '. Copy it now, or show it later from the list.' : '. Copy it now and keep it where only the program can read it.'}
        </Text>
        {note !== undefined && <Text c="dimmed">{note}</Text>}
        <Line title="Secret" text={made.secret} name="Secret to clipboard" onCopied={onCopied} focus />
        <Line title="Try it in a terminal" text={curl} name="Terminal line to clipboard" onCopied={onCopied} />
        {warned && (
          <Text role="alert" c="var(--mantine-color-error)">
            The secret is not copied yet and cannot be shown again. Close once more to leave without it.
          </Text>
        )}
      </Stack>
      <DialogButtons>
        <Button onClick={onDone}>Done</Button>
      </DialogButtons>
    </>
  );
}

interface LineProps {
  title: string;
  text: string;
  name: string;
  onCopied: () => void;
  focus?: boolean;
}

function Line({ title, text, name, onCopied, focus }: LineProps) {
  const { state, copy } = useCopied();
  const done = state === 'done';
  const button = useRef<HTMLButtonElement>(null);
  // The dialog was open before: its own way of giving the focus is over.
  useEffect(() => {
    if (focus === true) button.current?.focus();
  }, [focus]);
  return (
    <div>
      <div className={classes.title}>{title}</div>
      <div className={classes.box}>
        <code className={`mono ${classes.text}`}>{text}</code>
        <Button
          variant="default"
          size="xs"
          aria-label={name}
          ref={button}
          leftSection={done ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          onClick={() => void copy(text).then((copied) => copied && onCopied())}
        >
          {done ? 'Copied' : state === 'failed' ? 'Not allowed' : 'To clipboard'}
        </Button>
      </div>
    </div>
  );
}
