import type { Key } from '../../../api/types';

/** What cards and table get: the keys of the page and what can be done with them. */
export interface RowProps {
  keys: readonly Key[];
  today: string;
  roles: readonly string[] | undefined;
  /** Secrets can be shown again. */
  reveal: boolean;
  mayManage: boolean;
  onEdit: (key: Key) => void;
  onRegenerate: (key: Key) => void;
  onDelete: (key: Key) => void;
}
