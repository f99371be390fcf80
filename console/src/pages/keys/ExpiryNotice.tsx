import { Anchor } from '@mantine/core';
import { IconClockExclamation } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { plural } from '../../shared/format';
import { useWhileActive } from '../../shared/useWhileActive';
import classes from './ExpiryNotice.module.css';
import { SOON_DAYS } from './model';
import { countsQuery, REFRESH } from './queries';
import { useKeySearch } from './useKeys';

/** Announces keys that are about to expire. */
export function ExpiryNotice() {
  const { search } = useKeySearch();
  const soon = useQuery({ ...countsQuery, refetchInterval: useWhileActive(REFRESH) }).data?.expiresSoon ?? 0;
  if (soon === 0 || search.state === 'expiresSoon') return null;
  return (
    <div role="status" className={classes.notice}>
      <IconClockExclamation size={18} stroke={1.6} aria-hidden className={classes.icon} />
      <span>
        {plural(soon, 'key expires', 'keys expire')} within {SOON_DAYS} days.{' '}
        <Anchor inherit underline="always" renderRoot={(props) => <Link to="/keys" search={{ state: 'expiresSoon' }} {...props} />}>
          See {soon === 1 ? 'it' : 'them'}
        </Anchor>
      </span>
    </div>
  );
}
