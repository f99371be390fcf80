import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { rolesQuery } from '../../../api/queries';
import { ErrorNote } from '../../../shared/ErrorNote';
import { declaredRole } from '../model';
import classes from './KeyForm.module.css';

interface Props {
  value: string | null;
  onChange: (role: string | null) => void;
  error: string | undefined;
}

/** All roles of the roles file (K-23). */
export function RoleField({ value, onChange, error }: Props) {
  // Asked anew with each dialog: a role added to the file appears.
  const roles = useQuery({ ...rolesQuery, refetchOnMount: 'always' });
  const names = roles.data ?? [];
  // A key may keep a role that is no longer declared (O-9).
  const declared = value === null ? undefined : declaredRole(value, names);
  const data = value === null || declared !== undefined ? names : [...names, value];
  return (
    <>
      <Select
        label="Role"
        placeholder="Select role"
        aria-required
        classNames={{ label: classes.required ?? '' }}
        data={data}
        searchable={names.length > 12}
        allowDeselect={false}
        nothingFoundMessage="No role has this name."
        value={declared ?? value}
        onChange={onChange}
        error={error}
        description={value !== null && roles.data !== undefined && declared === undefined ? 'This role is not declared any more: the key works as a guest.' : undefined}
      />
      {roles.error !== null && roles.data === undefined && (
        <ErrorNote error={roles.error} title="The roles could not be loaded" onRetry={() => void roles.refetch()} />
      )}
    </>
  );
}
