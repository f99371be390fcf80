import { Autocomplete, Button, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { KeyPicker } from '../../shared/KeyPicker';
import { useTyped } from '../../shared/useTyped';
import classes from './AuditFilters.module.css';
import type { Search } from './search';
import { auditActions } from './words';
import { clearButton } from '../../shared/clearButton';

interface Props {
  search: Search;
  onChange: (changes: Partial<Search>) => void;
  /** Those of the lines shown, to choose from. */
  actors: readonly string[];
  filtered: boolean;
}

const NO_FILTER: Search = { q: undefined, actor: undefined, action: undefined, key: undefined, from: undefined, to: undefined };

export function AuditFilters({ search, onChange, actors, filtered }: Props) {
  const [q, setQ] = useTyped(search.q, (value) => onChange({ q: value }));
  const [actor, setActor] = useTyped(search.actor, (value) => onChange({ actor: value }));
  return (
    <div className={classes.filters} role="search" aria-label="Audit log">
      <TextInput
        label="Text"
        placeholder="Any column"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={q}
        onChange={(event) => setQ(event.currentTarget.value)}
      />
      <Autocomplete label="Who" placeholder="E-mail" data={[...actors]} value={actor} onChange={setActor} />
      <Select
        label="Action"
        placeholder="Any action"
        data={auditActions(search.action)}
        value={search.action ?? null}
        onChange={(action) => onChange({ action: action ?? undefined })}
        clearable
        clearButtonProps={clearButton('action')}
      />
      <KeyPicker label="Key" placeholder="Any key" value={search.key ?? null} onChange={(key) => onChange({ key: key ?? undefined })} />
      <TextInput
        label="From (UTC)"
        type="date"
        value={search.from ?? ''}
        onChange={(event) => onChange({ from: event.currentTarget.value || undefined })}
      />
      <TextInput
        label="To (UTC)"
        type="date"
        value={search.to ?? ''}
        onChange={(event) => onChange({ to: event.currentTarget.value || undefined })}
      />
      {filtered && (
        <Button variant="subtle" color="gray" onClick={() => onChange(NO_FILTER)}>
          Clear filter
        </Button>
      )}
    </div>
  );
}
