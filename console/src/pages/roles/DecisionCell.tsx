import { IconArrowUpRight, IconCheck, IconMinus } from '@tabler/icons-react';
import { actionWords, ruleWords } from '../../shared/words';
import classes from './DecisionCell.module.css';
import type { Decision } from './queries';
import type { Action, ShownRow } from './rows';

interface Props {
  /** Name of the role when two are compared. */
  who: string | null;
  row: ShownRow;
  action: Action;
  /** Undefined: this action does not exist for such a thing. */
  decision: Decision | undefined;
}

/** A tick or a dash; its name tells the rule too, its tip shows it. Light, because there may be thousands. */
export function DecisionCell({ who, row, action, decision }: Props) {
  if (decision === undefined) return <span className={classes.nothing} />;
  const { allowed, by, reason, lentBy } = decision;
  const verdict = allowed ? 'allowed' : 'refused';
  const rule = by === ruleWords(by) ? `by ${by}` : ruleWords(by);
  const what = [who, actionWords(action), row.id].filter((part) => part !== null).join(' ');
  const lends = row.promotes.length > 0 ? ` Lends ${row.promotes.join(', ')} while it runs.` : '';
  const inside = lentBy !== undefined && lentBy.length > 0 ? ` Allowed inside ${lentBy.map((path) => `${path}()`).join(', ')}.` : '';
  const why = typeof reason === 'string' ? ` ${reason}` : '';
  return (
    <button
      type="button"
      className={classes.cell}
      tabIndex={-1}
      data-cell
      data-allowed={allowed}
      data-title={`${what}: ${verdict}`}
      data-rule={rule}
      data-more={`${why}${lends}${inside}`.trim()}
      aria-label={`${what}: ${verdict} ${rule}${why}${lends}${inside}`}
    >
      {allowed ? <IconCheck size={16} stroke={2.4} aria-hidden /> : inside !== '' ? <IconArrowUpRight size={14} aria-hidden /> : <IconMinus size={14} aria-hidden />}
    </button>
  );
}
