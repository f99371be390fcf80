import { Select } from '@mantine/core';
import { IconArrowsSort } from '@tabler/icons-react';
import type { KeySort, Order } from '../model';
import { useKeySearch } from '../useKeys';

interface Choice {
  name: string;
  sort: KeySort;
  order: Order;
}

const CHOICES: readonly Choice[] = [
  { name: 'Newest first', sort: 'created', order: 'desc' },
  { name: 'Oldest first', sort: 'created', order: 'asc' },
  { name: 'By description', sort: 'description', order: 'asc' },
  { name: 'By role', sort: 'role', order: 'asc' },
  { name: 'Expires first', sort: 'expiresOn', order: 'asc' },
  { name: 'Expires last', sort: 'expiresOn', order: 'desc' },
  { name: 'Used last', sort: 'lastUsedAt', order: 'desc' },
  { name: 'Not used for longest', sort: 'lastUsedAt', order: 'asc' },
];

/** Order of the list; the newest come first unless something else is chosen. */
export function SortChoice() {
  const { search, change } = useKeySearch();
  const chosen = CHOICES.find(({ sort, order }) => sort === search.sort && order === search.order) ?? CHOICES[0];
  return (
    <Select
      aria-label="Order"
      w={190}
      leftSection={<IconArrowsSort size={16} aria-hidden />}
      allowDeselect={false}
      data={CHOICES.map(({ name }) => name)}
      value={chosen?.name ?? null}
      onChange={(name) => {
        const choice = CHOICES.find((known) => known.name === name);
        const isDefault = choice === CHOICES[0];
        change({ sort: isDefault ? undefined : choice?.sort, order: isDefault ? undefined : choice?.order });
      }}
    />
  );
}
