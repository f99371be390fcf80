import { Modal, type ModalProps } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './Dialog.module.css';

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  size?: ModalProps['size'];
  /** A click beside the dialog closes it; off where something typed would be lost. */
  closeOnClickOutside?: boolean;
  /** Above other dialogs. */
  zIndex?: number;
}

/** A dialog: full screen on phones, never higher than the window. Wrap the fields in a `<form noValidate>`. */
export function Dialog({ opened, onClose, title, children, size = 'md', closeOnClickOutside = true, zIndex }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={size}
      closeOnClickOutside={closeOnClickOutside}
      classNames={{ title: classes.title ?? '', content: classes.content ?? '' }}
      {...(zIndex === undefined ? {} : { zIndex })}
    >
      {children}
    </Modal>
  );
}

/** The buttons at the foot of a dialog. */
export function DialogButtons({ children }: { children: ReactNode }) {
  return <div className={classes.buttons}>{children}</div>;
}
