import { Skeleton } from '@mantine/core';
import { useInViewport } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { resolvedQuery } from '../../api/queries';
import classes from './RoleList.module.css';

interface Props {
  /** Undefined while they are not known. */
  roles: readonly string[] | undefined;
  /** Null: the Administration key. */
  chosen: string | null | undefined;
  onChoose: (role: string | null) => void;
}

/** All roles with what they reach in one sentence, and the Administration key. */
export function RoleList({ roles, chosen, onChoose }: Props) {
  return (
    <nav aria-label="Roles" className={`panel ${classes.box}`}>
      <ul className={classes.list}>
        {roles === undefined && <Skeleton height={150} m="xs" />}
        {[...(roles ?? []), null].map((role) => (
          <li key={role ?? ''}>
            <RoleEntry role={role} current={role === chosen} onChoose={() => onChoose(role)} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface EntryProps {
  role: string | null;
  current: boolean;
  onChoose: () => void;
}

/** Asks for its summary when it is seen: there may be many roles. */
function RoleEntry({ role, current, onChoose }: EntryProps) {
  const { ref, inViewport } = useInViewport<HTMLButtonElement>();
  const resolved = useQuery({ ...resolvedQuery(role), enabled: inViewport || current });
  return (
    <button ref={ref} type="button" className={classes.entry} aria-current={current ? 'true' : undefined} onClick={onChoose}>
      <span className={classes.name}>{role ?? 'Administration key'}</span>
      <span className={classes.summary}>{resolved.data?.summary.text ?? ' '}</span>
    </button>
  );
}
