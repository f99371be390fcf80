import { Group, Skeleton, Stack, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../../api/problem';
import { EmptyState } from '../../shared/EmptyState';
import { ErrorNote } from '../../shared/ErrorNote';
import { SubmitButton } from '../../shared/SubmitButton';
import { TableSkeleton } from '../../shared/TableSkeleton';
import { useWhileActive } from '../../shared/useWhileActive';
import { RefusalDetail } from './RefusalDetail';
import { RefusalList } from './RefusalList';
import { refusalQuery, refusalsQuery } from './queries';

interface Props {
  /** The request looked at. */
  id: string | undefined;
  onShow: (id: string | undefined) => void;
}

/** Why a request was refused: by its ID, or one of the last. */
export function RefusedTab({ id, onShow }: Props) {
  const refusals = useQuery({ ...refusalsQuery, refetchInterval: useWhileActive(15_000) });
  return (
    <Stack gap="md">
      <IdForm key={id ?? ''} id={id} onShow={onShow} />
      {id !== undefined && <Looked id={id} />}
      <Stack gap="xs" component="section">
        <Title order={2} size="h5">
          Recent refusals
        </Title>
        {refusals.error !== null && refusals.data === undefined && (
          <ErrorNote error={refusals.error} title="Recent refusals could not be loaded" onRetry={() => void refusals.refetch()} />
        )}
        {refusals.isPending && <TableSkeleton label="Recent refusals" />}
        {refusals.data !== undefined && <RefusalList refusals={refusals.data} chosen={id} onShow={onShow} />}
      </Stack>
    </Stack>
  );
}

function IdForm({ id, onShow }: Props) {
  const [typed, setTyped] = useState(id ?? '');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onShow(typed.trim() === '' ? undefined : typed.trim());
      }}
    >
      <Group gap="xs" align="flex-end" maw={620}>
        <TextInput
          label="Request ID"
          description="The header x-request-id of the answer. Refusals are kept for 24 hours."
          placeholder="Paste an x-request-id"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          classNames={{ input: 'mono' }}
          spellCheck={false}
          autoComplete="off"
          flex="1 1 15rem"
        />
        <SubmitButton busy={false}>Look up</SubmitButton>
      </Group>
    </form>
  );
}

function Looked({ id }: { id: string }) {
  const refusal = useQuery(refusalQuery(id));
  if (refusal.error !== null) {
    if (ApiProblem.from(refusal.error).status === 404) {
      return (
        <EmptyState title="No refusal has this ID">
          Refused requests are kept for 24 hours, requests that succeeded not at all. Check that the whole ID was pasted.
        </EmptyState>
      );
    }
    return <ErrorNote error={refusal.error} title="The refusal could not be loaded" onRetry={() => void refusal.refetch()} />;
  }
  return refusal.data === undefined ? <Skeleton height={220} radius="md" /> : <RefusalDetail refusal={refusal.data} />;
}
