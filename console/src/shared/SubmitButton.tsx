import { Button, Loader, type ButtonProps } from '@mantine/core';
import classes from './SubmitButton.module.css';

interface Props extends ButtonProps {
  children: string;
  /** Something is being sent. The button stays enabled; the form ignores a second click. */
  busy: boolean;
  /** Without it the button submits its form. */
  onClick?: () => void;
}

/** The button that does it: never disabled, its width does not change while it waits. */
export function SubmitButton({ children, busy, onClick, ...rest }: Props) {
  return (
    <Button type={onClick === undefined ? 'submit' : 'button'} aria-busy={busy} onClick={onClick} {...rest}>
      <span className={classes.label} data-busy={busy || undefined}>
        {children}
      </span>
      {busy && (
        <span className={classes.loader} aria-hidden>
          <Loader size={16} color="currentColor" />
        </span>
      )}
    </Button>
  );
}
