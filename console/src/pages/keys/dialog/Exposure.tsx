import { Skeleton } from '@mantine/core';
import { IconAlertTriangle, IconShieldCheck, IconWorld, type TablerIcon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { resolvedQuery } from '../../../api/queries';
import type { Draft } from './draft';
import classes from './Exposure.module.css';

/** Before Submit: what the key reaches, and from where. */
export function Exposure({ draft }: { draft: Draft }) {
  const administration = draft.type === 'administration';
  const role = administration ? null : draft.role;
  const isPublic = draft.hosts.length === 0;
  return (
    <div className={classes.notes} role="group" aria-label="What this key reaches">
      {(administration || role !== null) && <Reach role={role} />}
      {administration && (
        <Note icon={IconAlertTriangle} tone="danger">
          An Administration key bypasses all role restrictions: it reads and changes all application data. Never put it into code that runs
          in a browser or an app.
        </Note>
      )}
      {isPublic && (
        <Note icon={IconWorld} tone="warning">
          Public access: whoever has the secret can use it from any host.
        </Note>
      )}
    </div>
  );
}

function Reach({ role }: { role: string | null }) {
  // Asked anew with each dialog: the rules may have changed.
  const { data: resolved, error } = useQuery({ ...resolvedQuery(role), staleTime: 5_000 });
  const reach = resolved?.summary.text;
  if (error !== null && reach === undefined) {
    return (
      <Note icon={IconShieldCheck} tone="plain">
        What {role === null ? 'this key' : `the role ${role}`} reaches could not be asked.
      </Note>
    );
  }
  return (
    <Note icon={IconShieldCheck} tone="plain">
      {reach === undefined ? (
        <Skeleton height={14} width={260} />
      ) : (
        <>
          {role === null ? 'An Administration key' : <>The role {role}</>} {reach}.
        </>
      )}
    </Note>
  );
}

interface NoteProps {
  icon: TablerIcon;
  tone: 'plain' | 'warning' | 'danger';
  children: ReactNode;
}

function Note({ icon: Icon, tone, children }: NoteProps) {
  return (
    <div className={classes.note} data-tone={tone}>
      <Icon size={18} stroke={1.6} aria-hidden className={classes.icon} />
      <div>{children}</div>
    </div>
  );
}
