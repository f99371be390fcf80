import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
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
  const icon = state === 'done' ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />;
  if (children !== undefined) {
    return (
      <Button variant="default" size="xs" leftSection={icon} aria-label={label} onClick={() => void copy(value)}>
        {state === 'idle' ? children : copyText(state)}
      </Button>
    );
  }
  return (
    <CopyTip state={state}>
      <ActionIcon variant="subtle" color="gray" size="md" aria-label={label} onClick={() => void copy(value)}>
        {icon}
      </ActionIcon>
    </CopyTip>
  );
}

/** The confirmation beside a copy icon. */
export function CopyTip({ state, children }: { state: CopyState; children: React.ReactElement }) {
  return (
    <Tooltip label={copyText(state)} opened={state !== 'idle'} color={state === 'failed' ? 'red' : undefined}>
      {children}
    </Tooltip>
  );
}

function copyText(state: CopyState): string {
  return state === 'failed' ? 'Not allowed by the browser' : 'Copied';
}
