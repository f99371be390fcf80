import { Button, Popover, Select, Stack } from '@mantine/core';
import { IconFilter, IconX } from '@tabler/icons-react';
import { useKeyFacts, useKeySearch } from '../useKeys';
import { TYPE_NAMES, TYPES } from '../model';

/** Type and role. In a small window of their own, so that their labels do not mix with those of the dialog. */
export function Filters() {
  const { search, change } = useKeySearch();
  const { roles } = useKeyFacts();
  const chosen = [search.type === undefined ? null : TYPE_NAMES[search.type], search.role ?? null].filter((name) => name !== null);
  // A role that is no longer declared can still be filtered by.
  const names = [...new Set([...(roles ?? []), ...(search.role === undefined ? [] : [search.role])])];
  return (
    <>
      <Popover position="bottom-start" shadow="md" width={260} trapFocus returnFocus>
        <Popover.Target>
          <Button variant="default" leftSection={<IconFilter size={16} aria-hidden />}>
            {chosen.length === 0 ? 'Filter' : `Filter: ${chosen.join(', ')}`}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Stack gap="sm">
            <Select
              label="Type"
              placeholder="Any type"
              clearable
              data={TYPES.map((type) => ({ value: type, label: TYPE_NAMES[type] }))}
              value={search.type ?? null}
              onChange={(value) => change({ type: TYPES.find((type) => type === value) })}
              comboboxProps={{ withinPortal: false }}
            />
            <Select
              label="Role"
              placeholder="Any role"
              clearable
              searchable={names.length > 10}
              data={names}
              value={search.role ?? null}
              onChange={(value) => change({ role: value ?? undefined })}
              comboboxProps={{ withinPortal: false }}
            />
          </Stack>
        </Popover.Dropdown>
      </Popover>
      {chosen.length > 0 && (
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconX size={14} aria-hidden />}
          onClick={() => change({ type: undefined, role: undefined })}
        >
          Clear filter
        </Button>
      )}
    </>
  );
}
