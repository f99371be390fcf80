import type { TablerIcon } from '@tabler/icons-react';
import classes from './IconButton.module.css';

interface Props {
  /** Accessible name. */
  label: string;
  /** Shown on hover; the label if absent. */
  hint?: string;
  icon: TablerIcon;
  onClick: () => void;
  busy?: boolean;
  /** A short text beside the button, as long as it is there: "Copied". */
  tip?: string | undefined;
}

/** A small button with an icon. Plain, because lists hold hundreds of them. */
export function IconButton({ label, hint, icon: Icon, onClick, busy, tip }: Props) {
  return (
    <span className={classes.wrap}>
      <button type="button" className={classes.button} aria-label={label} title={hint ?? label} aria-busy={busy} onClick={onClick}>
        <Icon size={16} stroke={1.6} aria-hidden />
      </button>
      {tip !== undefined && (
        <span className={classes.tip} aria-hidden>
          {tip}
        </span>
      )}
    </span>
  );
}
