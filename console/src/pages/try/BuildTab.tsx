import { Button, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { api, data } from '../../api/client';
import { endpointQuery } from '../../api/queries';
import { useMay } from '../../api/session';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { ErrorNote } from '../../shared/ErrorNote';
import classes from './TryPage.module.css';
import { Builder } from './build/Builder';
import { RequestLine } from './build/RequestLine';
import { Snippets } from './build/Snippets';
import { dataclassesOf, type OpenApi } from './document';
import { build, EMPTY_DRAFT, encodedPath, isWrite, METHODS, type BuiltRequest, type Draft } from './request';
import { Result } from './result/Result';
import type { Search } from './search';

interface Props {
  keyId: string | null;
  /** What the key can reach; undefined while it is not known. */
  document: OpenApi | undefined;
  asked: Search;
}

/** Method and path written by hand instead of by the builder. */
type ByHand = Pick<BuiltRequest, 'method' | 'path'>;

export function BuildTab({ keyId, document, asked }: Props) {
  const mayRun = useMay('manager');
  const endpoint = useQuery(endpointQuery).data?.url ?? location.origin;
  const dataclasses = useMemo(() => (document === undefined ? [] : dataclassesOf(document)), [document]);
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [byHand, setByHand] = useState<ByHand | null>(() => handed(asked));
  const [missing, setMissing] = useState<string>();
  const chosen = draft.dataclass ?? dataclasses[0]?.name ?? null;
  const isComposite = (dataclasses.find(({ name }) => name === chosen)?.attributes.filter(({ isKey }) => isKey).length ?? 0) > 1;
  const built = build({ ...draft, dataclass: chosen }, isComposite);
  const request: BuiltRequest = byHand === null ? built : { ...byHand, body: isWrite(byHand.method) ? draft.body : null };
  const runner = useRunner();
  const change = (next: Draft) => {
    setDraft(next);
    // Only the body belongs to both ways.
    if (next.body === draft.body) setByHand(null);
  };
  const run = () => {
    const problem = keyId === null ? 'Choose a key first.' : request.path.trim().startsWith('/rest/') ? undefined : 'The path begins with /rest/.';
    setMissing(problem);
    if (problem === undefined && keyId !== null) runner.run(keyId, { ...request, path: encodedPath(request.path) });
  };
  return (
    <div className={classes.columns}>
      <Builder draft={{ ...draft, dataclass: chosen }} onChange={change} dataclasses={dataclasses} withBody={isWrite(request.method)} />
      <Stack gap="md">
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            run();
          }}
        >
          <RequestLine request={request} onChange={setByHand} error={missing} busy={runner.pending} mayRun={mayRun} />
          {byHand !== null && (
            <Text size="sm" c="dimmed" mt={6}>
              Written by hand.{' '}
              <Button size="compact-xs" variant="subtle" onClick={() => setByHand(null)}>
                Use the fields instead
              </Button>
            </Text>
          )}
          {!mayRun && (
            <Text size="sm" c="dimmed" mt={6}>
              Managers and owners can run requests here. You can copy this one.
            </Text>
          )}
        </form>
        <Snippets endpoint={endpoint} request={{ ...request, path: safePath(request.path) }} />
        {runner.error !== null && <ErrorNote error={runner.error} title="The request was not run" onRetry={run} />}
        {runner.answer !== undefined && <Result answer={runner.answer} busy={runner.pending} />}
      </Stack>
      <ConfirmDialog opened={runner.asking} title="This changes data" confirm="Run" onConfirm={runner.confirm} onCancel={runner.cancel}>
        {request.method} requests can create, change or delete data of this application, and nobody can take that back. You are asked once, until you leave
        this page.
      </ConfirmDialog>
    </div>
  );
}

/** Runs requests; asks once before the first that may write. */
function useRunner() {
  const agreed = useRef(false);
  const waiting = useRef<(() => void) | null>(null);
  const [asking, setAsking] = useState(false);
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  const mutation = useMutation({
    mutationFn: ({ key, request: { method, path, body } }: { key: string; request: BuiltRequest }) => {
      abort.current = new AbortController();
      return data(api.POST('/console/api/try', { body: { key, method, path, ...(body !== null && { body }) }, signal: abort.current.signal }));
    },
    // The answer is data of the application: gone with the page.
    gcTime: 0,
  });
  const run = (key: string, request: BuiltRequest) => {
    const go = () => mutation.mutate({ key, request });
    if (!isWrite(request.method) || agreed.current) return go();
    waiting.current = go;
    setAsking(true);
  };
  const confirm = () => {
    agreed.current = true;
    setAsking(false);
    waiting.current?.();
  };
  const shown = useLastAnswer(mutation.data);
  return { run, confirm, cancel: () => setAsking(false), asking, pending: mutation.isPending, error: mutation.error, answer: shown };
}

/** The answer before stays while the next one is on its way. */
function useLastAnswer<T>(answer: T | undefined): T | undefined {
  const [last, setLast] = useState(answer);
  if (answer !== undefined && answer !== last) setLast(answer);
  return answer ?? last;
}

/** A request that another page hands over. */
function handed({ method, path }: Search): ByHand | null {
  if (path === undefined) return null;
  return { method: METHODS.find((known) => known === method) ?? 'GET', path };
}

/** While it is typed, a path may be anything. */
function safePath(path: string): string {
  try {
    return encodedPath(path);
  } catch {
    return path;
  }
}
