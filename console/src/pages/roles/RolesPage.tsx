import { Group, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { rolesQuery } from '../../api/queries';
import { useMay } from '../../api/session';
import { ErrorNote } from '../../shared/ErrorNote';
import { PageHeader } from '../../shared/PageHeader';
import { Findings } from './Findings';
import { Reload } from './Reload';
import { Review } from './Review';
import { RoleList } from './RoleList';
import classes from './RolesPage.module.css';
import { reloadFunctions, reloadRoles } from './outcomes';
import type { Search } from './search';

const route = getRouteApi('/shell/roles');

/** What each role may do, and which rule decided; read only (roles-privileges 10). */
export function RolesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const owner = useMay('owner');
  const roles = useQuery(rolesQuery);
  const change = (changes: Partial<Search>, replace = false) =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace, resetScroll: false });
  // Null: the Administration key. Undefined: not known yet.
  const chosen = search.administration === true ? null : (search.role ?? roles.data?.[0] ?? (roles.data === undefined ? undefined : null));
  return (
    <Stack gap="md">
      <PageHeader
        title="Roles & privileges"
        description="Read only: roles and their rules are written in roles.json."
        actions={
          owner && (
            <Group gap="sm">
              <Reload what="roles.json" read={reloadRoles} />
              <Reload what="functions" read={reloadFunctions} />
            </Group>
          )
        }
      />
      <Findings />
      {roles.error !== null && <ErrorNote error={roles.error} title="The roles could not be loaded" onRetry={() => void roles.refetch()} />}
      <div className={classes.columns}>
        {(roles.data !== undefined || roles.isPending) && (
          <RoleList
            roles={roles.data}
            chosen={chosen}
            onChoose={(role) => change({ role: role ?? undefined, administration: role === null ? true : undefined, with: undefined })}
          />
        )}
        {chosen !== undefined && <Review key={chosen ?? ''} role={chosen} roles={roles.data ?? []} search={search} onChange={change} />}
      </div>
    </Stack>
  );
}
