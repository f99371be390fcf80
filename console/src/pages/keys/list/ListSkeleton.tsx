import { Skeleton } from '@mantine/core';
import classes from './KeyCard.module.css';
import type { View } from './view';

/** Stands where the list will be, about as large. */
export function ListSkeleton({ view }: { view: View }) {
  if (view === 'table') return <Skeleton height={260} radius="md" />;
  return (
    <div className={classes.cards} aria-hidden>
      {[0, 1, 2].map((index) => (
        <Skeleton key={index} height={282} radius="md" />
      ))}
    </div>
  );
}
