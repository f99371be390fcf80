import { ActionIcon, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useKeySearch } from '../useKeys';
import { Filters } from './Filters';
import { SortChoice } from './SortChoice';
import { StateTabs } from './StateTabs';
import classes from './Toolbar.module.css';
import { useView, type View } from './view';

/** What part of the keys is listed, in which order and form. */
export function Toolbar() {
  const [view, setView] = useView();
  return (
    <div className={classes.toolbar}>
      <StateTabs />
      <div className={classes.line}>
        <SearchField />
        <Filters />
        <SortChoice />
        <SegmentedControl
          className={classes.view}
          aria-label="Layout"
          value={view}
          onChange={(value) => setView(value as View)}
          data={[
            { value: 'cards', label: 'Cards' },
            { value: 'table', label: 'Table' },
          ]}
        />
      </div>
    </div>
  );
}

function SearchField() {
  const { search, change } = useKeySearch();
  const [text, setText] = useState(search.q ?? '');
  const send = useDebouncedCallback((q: string) => change({ q: q.trim() === '' ? undefined : q.trim() }, { replace: true }), 200);
  // The address may change by itself: a link, or the way back.
  useEffect(() => setText((before) => (before.trim() === (search.q ?? '') ? before : (search.q ?? ''))), [search.q]);
  const put = (value: string) => {
    setText(value);
    send(value);
  };
  return (
    <TextInput
      className={classes.search}
      type="search"
      aria-label="Search"
      placeholder="Search by description, ID or role"
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        text !== '' && (
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Clear" onClick={() => put('')}>
            <IconX size={14} aria-hidden />
          </ActionIcon>
        )
      }
      value={text}
      onChange={(event) => put(event.currentTarget.value)}
    />
  );
}
