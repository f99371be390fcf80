import { IconPencil, IconRefresh, IconTrash } from '@tabler/icons-react';
import type { Key } from '../../../api/types';
import { IconButton } from '../../../shared/IconButton';
import classes from './KeyActions.module.css';
import type { RowProps } from './row';

/** The buttons of a key, named by verb and description. */
export function KeyActions({ item, rows }: { item: Key; rows: RowProps }) {
  if (!rows.mayManage) return null;
  return (
    <div className={classes.actions}>
      <IconButton label={`Edit ${item.description}`} hint="Edit" icon={IconPencil} onClick={() => rows.onEdit(item)} />
      <IconButton label={`Regenerate ${item.description}`} hint="Regenerate" icon={IconRefresh} onClick={() => rows.onRegenerate(item)} />
      <IconButton label={`Delete ${item.description}`} hint="Delete" icon={IconTrash} onClick={() => rows.onDelete(item)} />
    </div>
  );
}
