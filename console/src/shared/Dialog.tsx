import { Modal, type ModalProps } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './Dialog.module.css';
import { useTopmost } from './useTopmost';

interface Props {
  opened: boolean;
  onClose: () => void;
  /** The dialog has faded away. */
  onExited?: (() => void) | undefined;
  title: string;
  children: ReactNode;
  size?: ModalProps['size'];
  /** A click beside the dialog closes it; off where something typed would be lost. */
  closeOnClickOutside?: boolean;
  /** Above other dialogs. */
  zIndex?: number;
}

/** A dialog, never higher than the window. Wrap the fields in a `<form noValidate>`. */
export function Dialog({ opened, onClose, onExited, title, children, size = 'md', closeOnClickOutside = true, zIndex }: Props) {
  const isTop = useTopmost(opened, zIndex ?? 200);
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={onExited}
      size={size}
      closeOnClickOutside={closeOnClickOutside}
      closeOnEscape={isTop}
      {...(zIndex === undefined ? {} : { zIndex })}
    >
      <Modal.Overlay backgroundOpacity={0.5} />
      <Modal.Content className={classes.content ?? ''}>
        {/* Mantine's own header would be a second banner of the page. */}
        <div className={classes.header}>
          <Modal.Title className={classes.title ?? ''}>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

/** The buttons at the foot of a dialog. */
export function DialogButtons({ children }: { children: ReactNode }) {
  return <div className={classes.buttons}>{children}</div>;
}
