import classes from './StateBadge.module.css';
import { STATE_NAMES, TYPE_NAMES, type KeyState } from './model';

/** State of a key, by colour and by word. */
export function StateBadge({ state }: { state: KeyState }) {
  return (
    <span className={classes.badge} data-state={state}>
      {STATE_NAMES[state]}
    </span>
  );
}

/** Type of a key. */
export function TypeBadge({ type }: { type: string }) {
  const name = type === 'administration' ? TYPE_NAMES.administration : TYPE_NAMES.standard;
  return (
    <span className={classes.badge} data-type={type}>
      {name.toUpperCase()}
    </span>
  );
}
