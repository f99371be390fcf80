import { useQuery } from '@tanstack/react-query';
import { environmentQuery } from '../api/queries';
import classes from './AppName.module.css';

/** Product, application, and which environment this is: production stands out. */
export function AppName() {
  const environment = useQuery(environmentQuery).data;
  return (
    <div className={classes.line}>
      <img src="./favicon.svg" alt="" width={24} height={24} />
      <span className={classes.product}>Claviger</span>
      {environment !== undefined && (
        <>
          <span className={classes.slash} aria-hidden>
            /
          </span>
          <span className={classes.name}>{environment.name}</span>
          <span className={classes.badge} data-production={/^prod/i.test(environment.environment) || undefined}>
            {environment.environment}
          </span>
        </>
      )}
    </div>
  );
}
