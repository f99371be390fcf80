import { useQuery } from '@tanstack/react-query';
import { number } from '../../../shared/format';
import { useWhileActive } from '../../../shared/useWhileActive';
import { STATE_NAMES, STATES } from '../model';
import { countsQuery, REFRESH } from '../queries';
import { useKeySearch } from '../useKeys';
import classes from './StateTabs.module.css';

/** All keys or those in one state, with how many there are. */
export function StateTabs() {
  const { search, change } = useKeySearch();
  const counts = useQuery({ ...countsQuery, refetchInterval: useWhileActive(REFRESH) }).data;
  const choices = [
    { state: undefined, name: 'All', count: counts?.total },
    ...STATES.map((state) => ({ state, name: STATE_NAMES[state], count: counts?.[state] })),
  ];
  return (
    <div role="group" aria-label="State" className={classes.tabs}>
      {choices.map(({ state, name, count }) => (
        <button
          key={name}
          type="button"
          className={classes.tab}
          aria-pressed={search.state === state}
          onClick={() => change({ state: search.state === state ? undefined : state })}
        >
          {name} <span className={classes.count}>{count === undefined ? '' : number(count)}</span>
        </button>
      ))}
    </div>
  );
}
