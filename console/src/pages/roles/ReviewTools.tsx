import { Button, Checkbox, Group, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useTyped } from '../../shared/useTyped';
import type { Search } from './search';
import { clearButton } from '../../shared/clearButton';

interface Props {
  search: Search;
  onChange: (changes: Partial<Search>, replace?: boolean) => void;
  /** Roles to compare with. */
  choices: readonly string[];
  allOpen: boolean;
  onOpenAll: (all: boolean) => void;
}

/** What of the review is shown. */
export function ReviewTools({ search, onChange, choices, allOpen, onOpenAll }: Props) {
  const [q, setQ] = useTyped(search.q, (value) => onChange({ q: value }, true));
  return (
    <Group gap="sm" align="flex-end">
      <TextInput
        label="Filter by name"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={q}
        onChange={(event) => setQ(event.currentTarget.value)}
        w={{ base: '100%', xs: 220 }}
      />
      <Select
        label="Compare with"
        placeholder="No other role"
        data={[...choices]}
        value={search.with ?? null}
        onChange={(role) => onChange({ with: role ?? undefined })}
        searchable
        clearable
        clearButtonProps={clearButton('compare with')}
        w={{ base: '100%', xs: 190 }}
      />
      <Checkbox
        label="Only differences from the dataclass"
        checked={search.differing === true}
        onChange={(event) => onChange({ differing: event.currentTarget.checked || undefined })}
        mb={8}
      />
      <Button variant="default" ml="auto" disabled={search.differing === true} onClick={() => onOpenAll(!allOpen)}>
        {allOpen ? 'Collapse all' : 'Expand all'}
      </Button>
    </Group>
  );
}
