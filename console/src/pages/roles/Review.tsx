import { Badge, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ApiProblem } from '../../api/problem';
import { resolvedQuery } from '../../api/queries';
import { EmptyState } from '../../shared/EmptyState';
import { ErrorNote } from '../../shared/ErrorNote';
import { TableSkeleton } from '../../shared/TableSkeleton';
import { ReviewTable } from './ReviewTable';
import { ReviewTools } from './ReviewTools';
import type { Resolved } from './queries';
import { cellsById, groupsOf, shownRows, type Group as ReviewGroup } from './rows';
import type { Search } from './search';

interface Props {
  /** Null: the Administration key. */
  role: string | null;
  roles: readonly string[];
  search: Search;
  onChange: (changes: Partial<Search>, replace?: boolean) => void;
}

/** The permission review of one role, or of two beside each other. */
export function Review({ role, roles, search, onChange }: Props) {
  const resolved = useQuery(resolvedQuery(role));
  const other = search.with !== undefined && search.with !== role ? search.with : null;
  const second = useQuery({ ...resolvedQuery(other), enabled: other !== null });
  if (resolved.error !== null && resolved.data === undefined) {
    if (ApiProblem.from(resolved.error).status === 404) return <EmptyState title={`There is no role ${role ?? ''}`}>It may have been renamed in roles.json.</EmptyState>;
    return <ErrorNote error={resolved.error} title="The permissions could not be loaded" onRetry={() => void resolved.refetch()} />;
  }
  if (resolved.data === undefined) return <TableSkeleton rows={12} label="Permissions" />;
  return (
    <section aria-labelledby="review">
      <Stack gap="sm">
        <Head resolved={resolved.data} />
        {second.error !== null && other !== null && (
          <ErrorNote error={second.error} title={`The permissions of ${other} could not be loaded`} onRetry={() => void second.refetch()} />
        )}
        <Body
          first={resolved.data}
          second={other === null ? undefined : second.data}
          names={[role ?? 'Administration key', other ?? '']}
          choices={roles.filter((name) => name !== role)}
          search={search}
          onChange={onChange}
        />
      </Stack>
    </section>
  );
}

function Head({ resolved }: { resolved: Resolved }) {
  return (
    <Stack gap={6}>
      <Title order={2} size="h4" id="review">
        {resolved.role ?? 'Administration key'}
      </Title>
      <Text c="dimmed">
        {resolved.summary.text}
        {resolved.administration && '. Everything that is exposed, whatever the roles say.'}
      </Text>
      {!resolved.administration && (
        <Group gap={6} role="group" aria-label="Privileges of the role">
          <Text component="span" size="sm" c="dimmed">
            Privileges:
          </Text>
          {resolved.privileges.map((name) => (
            <Badge key={name} variant="default" tt="none" fw={500} radius="sm">
              {name}
            </Badge>
          ))}
        </Group>
      )}
    </Stack>
  );
}

interface BodyProps {
  first: Resolved;
  second: Resolved | undefined;
  names: readonly [string, string];
  choices: readonly string[];
  search: Search;
  onChange: Props['onChange'];
}

const NONE: ReadonlySet<string> = new Set();

function Body({ first, second, names, choices, search, onChange }: BodyProps) {
  const [open, setOpen] = useState(NONE);
  const groups = useMemo(() => groupsOf(first), [first]);
  const compared = useMemo(() => (second === undefined ? null : cellsById(groupsOf(second))), [second]);
  const shown = { q: search.q ?? '', differing: search.differing === true, open };
  const drawn = groups.map((group) => ({ title: group.title, rows: shownRows(group, shown) })).filter(({ rows }) => rows.length > 0);
  const toggle = (id: string) => setOpen((before) => new Set(before.has(id) ? [...before].filter((known) => known !== id) : [...before, id]));
  return (
    <>
      <ReviewTools
        search={search}
        onChange={onChange}
        choices={choices}
        allOpen={open.size > 0}
        onOpenAll={(all) => setOpen(all ? idsWithChildren(groups) : NONE)}
      />
      {drawn.length === 0 ? (
        <EmptyState title={shown.q === '' ? 'No attribute differs from its dataclass' : 'Nothing has such a name'} />
      ) : (
        <ReviewTable groups={drawn} names={names} compared={compared} onToggle={toggle} />
      )}
    </>
  );
}

function idsWithChildren(groups: readonly ReviewGroup[]): ReadonlySet<string> {
  return new Set(groups.flatMap(({ rows }) => rows).filter(({ children }) => children.length > 0).map(({ id }) => id));
}
