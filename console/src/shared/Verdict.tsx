import { IconCheck, IconX } from '@tabler/icons-react';
import classes from './Verdict.module.css';

/** Allowed or refused: in words, by colour and by shape. */
export function Verdict({ allowed }: { allowed: boolean }) {
  const Icon = allowed ? IconCheck : IconX;
  return (
    <span className={classes.verdict} data-allowed={allowed}>
      <Icon size={16} stroke={2.2} aria-hidden />
      {allowed ? 'Allowed' : 'Refused'}
    </span>
  );
}
