import { Anchor } from '@mantine/core';
import { EmptyState } from '../../shared/EmptyState';
import { KeyLink } from '../../shared/KeyLink';
import { StackTable, type Column } from '../../shared/StackTable';
import { TimeText } from '../../shared/TimeText';
import { refusalWords } from '../../shared/words';
import type { Refusal } from './queries';

interface Props {
  refusals: readonly Refusal[];
  chosen: string | undefined;
  onShow: (id: string) => void;
}

export function RefusalList({ refusals, chosen, onShow }: Props) {
  if (refusals.length === 0) return <EmptyState title="No request was refused">In the last 24 hours every request was let through.</EmptyState>;
  const columns: readonly Column<Refusal>[] = [
    {
      head: 'Request',
      cell: ({ method, path, requestId }) => (
        <Anchor
          component="button"
          type="button"
          className="mono"
          ta="start"
          underline="always"
          aria-current={requestId === chosen ? 'true' : undefined}
          onClick={() => onShow(requestId)}
        >
          {method} {path}
        </Anchor>
      ),
    },
    { head: 'Time', cell: ({ at }) => <TimeText at={at} style="relative" />, nowrap: true },
    { head: 'Reason', cell: ({ reason }) => refusalWords(reason) },
    { head: 'Status', cell: ({ status }) => status, align: 'end' },
    { head: 'Key', cell: ({ keyId }) => (keyId === null ? null : <KeyLink id={keyId} />) },
    { head: 'Address', cell: ({ address }) => (address === null ? null : <span className="mono">{address}</span>) },
  ];
  return <StackTable label="Recent refusals" columns={columns} rows={refusals} rowKey={({ requestId }, index) => `${requestId} ${String(index)}`} />;
}
