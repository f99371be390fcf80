import { Button, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Dialog, DialogButtons } from './Dialog';
import { ErrorNote } from './ErrorNote';
import { SubmitButton } from './SubmitButton';

interface Props {
  opened: boolean;
  title: string;
  children: ReactNode;
  /** Name of the button that does it. */
  confirm: string;
  danger?: boolean;
  busy?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onCancel: () => void;
}

/** Asks before something that cannot be taken back. Cancel has the focus. */
export function ConfirmDialog({ opened, title, children, confirm, danger = false, busy = false, error, onConfirm, onCancel }: Props) {
  return (
    <Dialog opened={opened} onClose={onCancel} title={title} zIndex={300}>
      <Stack gap="sm">
        <Text component="div">{children}</Text>
        {error !== undefined && error !== null && <ErrorNote error={error} onRetry={onConfirm} />}
      </Stack>
      <DialogButtons>
        <Button variant="default" onClick={onCancel} data-autofocus>
          Cancel
        </Button>
        <SubmitButton {...(danger ? { color: 'red.8' } : {})} busy={busy} onClick={onConfirm}>
          {confirm}
        </SubmitButton>
      </DialogButtons>
    </Dialog>
  );
}
