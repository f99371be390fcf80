import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { IconButton } from './IconButton';
import { useCopied, type CopyState } from './useCopied';

interface Props {
  /** What goes to the clipboard. */
  value: string;
  /** Accessible name. On the API keys page no name but those of the contract may begin with "Copy". */
  label: string;
  /** With a visible text it is a button, without it an icon. The text must be part of the label. */
  children?: string;
}

/** Puts a text on the clipboard, with a confirmation that is seen and announced. */
export function CopyButton({ value, label, children }: Props) {
  const { state, copy } = useCopied();
  const icon = state === 'done' ? IconCheck : IconCopy;
  if (children === undefined) {
    return <IconButton label={label} hint="Copy" icon={icon} tip={copyTip(state)} onClick={() => void copy(value)} />;
  }
  const Icon = icon;
  return (
    <Button variant="default" size="xs" leftSection={<Icon size={14} aria-hidden />} aria-label={label} onClick={() => void copy(value)}>
      {copyTip(state) ?? children}
    </Button>
  );
}

/** The confirmation, as long as it is to be seen. */
export function copyTip(state: CopyState): string | undefined {
  if (state === 'idle') return undefined;
  return state === 'failed' ? 'Not allowed by the browser' : 'Copied';
}
