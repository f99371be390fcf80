import { Button } from '@mantine/core';
import classes from './Typed.module.css';

interface Props<T> {
  /** What stands in the field. */
  now: T;
  /** What stood there before current values were loaded; undefined when none were. */
  typed: T | undefined;
  shown?: (value: T) => string;
  onUse: (value: T) => void;
}

/** After a conflict, below a field: what had been typed there, so that nothing is lost. */
export function Typed<T>({ now, typed, shown = String, onUse }: Props<T>) {
  if (typed === undefined || typed === now) return null;
  return (
    <div className={classes.typed}>
      <span>
        You had: <strong>{shown(typed)}</strong>
      </span>
      <Button variant="default" size="compact-xs" onClick={() => onUse(typed)}>
        Use this
      </Button>
    </div>
  );
}
