import { Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '../api/client';
import { ApiProblem } from '../api/problem';
import type { Key } from '../api/types';
import classes from './KeyPicker.module.css';
import { clearButton } from './clearButton';

interface Props {
  label: string;
  /** ID of the chosen key. */
  value: string | null;
  onChange: (id: string | null) => void;
  placeholder?: string;
  error?: string | undefined;
  clearable?: boolean;
  description?: string;
  className?: SelectProps['className'];
}

/** So many keys are offered at once; typing finds the others. */
const OFFERED = 50;

/** One of all keys: what is typed is searched by the server, so that thousands of keys are no problem. */
export function KeyPicker({ label, value, onChange, placeholder = 'Search by name, ID or role', error, clearable = true, description, className }: Props) {
  const [typed, setTyped] = useState('');
  const chosen = useChosenKey(value);
  const shown = chosen === undefined ? '' : nameOf(chosen);
  // The name of the chosen key in the field is no search.
  const [q] = useDebouncedValue(typed === shown ? '' : typed.trim(), 200);
  const found = useQuery({
    queryKey: ['keys', 'pick', q],
    queryFn: ({ signal }) => data(api.GET('/console/api/keys', { params: { query: { limit: OFFERED, ...(q !== '' && { q }) } }, signal })),
    placeholderData: keepPreviousData,
  });
  const offered = found.data ?? [];
  const keys = chosen === undefined || offered.some(({ id }) => id === chosen.id) ? offered : [chosen, ...offered];
  return (
    <Select
      label={label}
      value={value}
      onChange={onChange}
      data={keys.map((key) => ({ value: key.id, label: nameOf(key) }))}
      renderOption={({ option }) => <Offer item={keys.find(({ id }) => id === option.value)} />}
      filter={({ options }) => options}
      searchable
      onSearchChange={setTyped}
      clearable={clearable}
      clearButtonProps={clearButton(label)}
      placeholder={placeholder}
      nothingFoundMessage={found.isError ? 'The keys could not be loaded.' : found.isPending ? 'Loading …' : 'No such key'}
      maxDropdownHeight={320}
      {...(error === undefined ? {} : { error })}
      {...(description === undefined ? {} : { description })}
      {...(className === undefined ? {} : { className })}
    />
  );
}

type Known = Pick<Key, 'id' | 'description' | 'type' | 'role'>;

/** The chosen key by its ID, also when it is not among those offered, or deleted. */
function useChosenKey(id: string | null): Known | undefined {
  const query = useQuery({
    queryKey: ['keys', 'chosen', id],
    queryFn: async ({ signal }): Promise<Known> => {
      const key = id ?? '';
      try {
        return await data(api.GET('/console/api/keys/{id}', { params: { path: { id: key } }, signal }));
      } catch (error) {
        if (ApiProblem.from(error).status === 404) return { id: key, description: `${key} (deleted)`, type: 'standard', role: null };
        throw error;
      }
    },
    enabled: id !== null,
    placeholderData: id === null ? undefined : { id, description: id, type: 'standard', role: null },
  });
  return id === null ? undefined : query.data;
}

/** Two keys may have one description, so the names of options carry the ID where that matters: below the name, see `Offer`. */
function nameOf({ description }: Known): string {
  return description;
}

function Offer({ item }: { item: Known | undefined }) {
  if (item === undefined) return null;
  return (
    <div>
      <div>{item.description}</div>
      <div className={classes.note}>
        {item.type === 'administration' ? 'Administration' : (item.role ?? 'no role')} · <span className="mono">{item.id}</span>
      </div>
    </div>
  );
}
