import { ActionIcon } from '@mantine/core';
import { IconPencil, IconRefresh, IconTrash, type TablerIcon } from '@tabler/icons-react';
import type { Key } from '../../../api/types';
import classes from './KeyActions.module.css';
import type { RowProps } from './row';

/** The buttons of a key, named by verb and description. */
export function KeyActions({ item, rows }: { item: Key; rows: RowProps }) {
  if (!rows.mayManage) return null;
  return (
    <div className={classes.actions}>
      <Action verb="Edit" item={item} icon={IconPencil} onClick={rows.onEdit} />
      <Action verb="Regenerate" item={item} icon={IconRefresh} onClick={rows.onRegenerate} />
      <Action verb="Delete" item={item} icon={IconTrash} onClick={rows.onDelete} />
    </div>
  );
}

interface ActionProps {
  verb: string;
  item: Key;
  icon: TablerIcon;
  onClick: (key: Key) => void;
}

function Action({ verb, item, icon: Icon, onClick }: ActionProps) {
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={`${verb} ${item.description}`} title={verb} onClick={() => onClick(item)}>
      <Icon size={16} stroke={1.6} aria-hidden />
    </ActionIcon>
  );
}
