import { Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { API_BASE } from '../../api/base';
import { api, data } from '../../api/client';
import { ApiProblem } from '../../api/problem';
import { useMay } from '../../api/session';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { ErrorNote } from '../../shared/ErrorNote';
import { useEndpoint } from '../../shared/useEndpoint';
import classes from './TryPage.module.css';
import { Builder } from './build/Builder';
import { RequestLine } from './build/RequestLine';
import { Snippets } from './build/Snippets';
import { dataclassesOf, type OpenApi } from './document';
import { build, EMPTY_DRAFT, encodedPath, hasBody, isDelete, isWrite, METHODS, type BuiltRequest, type Draft } from './request';
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
  const endpoint = useEndpoint().url ?? API_BASE;
  const dataclasses = useMemo(() => (document === undefined ? [] : dataclassesOf(document)), [document]);
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [byHand, setByHand] = useState<ByHand | null>(() => handed(asked));
  const [missing, setMissing] = useState<string>();
  const chosen = draft.dataclass ?? dataclasses[0]?.name ?? null;
  const isComposite = (dataclasses.find(({ name }) => name === chosen)?.attributes.filter(({ isKey }) => isKey).length ?? 0) > 1;
  const built = build({ ...draft, dataclass: chosen }, isComposite);
  const request: BuiltRequest = byHand === null ? built : { ...byHand, body: hasBody(byHand.method) ? draft.body : null };
  const runner = useRunner();
  const change = (next: Draft) => {
    setDraft(next);
    // Only the body belongs to both ways.
    if (next.body === draft.body) setByHand(null);
  };
  const run = () => {
    if (runner.pending) return;
    const problem = keyId === null ? 'Choose a key first.' : request.path.trim().startsWith('/rest/') ? undefined : 'The path begins with /rest/.';
    setMissing(problem);
    if (problem === undefined && keyId !== null) runner.run(keyId, { ...request, path: encodedPath(request.path) });
  };
  return (
    <div className={classes.columns}>
      <Builder draft={{ ...draft, dataclass: chosen }} onChange={change} dataclasses={dataclasses} withBody={hasBody(request.method)} />
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
        {runner.failed !== null && <Failed {...runner.failed} onRetry={run} />}
        {runner.answer !== undefined && <Result answer={runner.answer} busy={runner.pending} />}
      </Stack>
      <ConfirmDialog opened={runner.asking} title="This changes data" confirm="Run" onConfirm={runner.confirm} onCancel={runner.cancel}>
        This request can create, change or delete data of this application, and nobody can take that back. You are asked once for each key until you leave
        this page, and before each delete.
      </ConfirmDialog>
    </div>
  );
}

/** Why there is no answer. What may have written is not offered again as if nothing had happened. */
function Failed({ problem, wrote, onRetry }: { problem: ApiProblem; wrote: boolean; onRetry: () => void }) {
  if (!wrote || !problem.isUnclear) return <ErrorNote error={problem} title="The request was not run" onRetry={onRetry} />;
  return <ErrorNote error={problem.with('It may have changed data: read them before you run it again.')} title="It is not known whether it ran" />;
}

/** Runs requests; asks before each delete, and before the first that may write with a key. */
function useRunner() {
  const agreed = useRef<string>(undefined);
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
    if (!isWrite(request) || (agreed.current === key && !isDelete(request))) return go();
    waiting.current = () => {
      agreed.current = key;
      go();
    };
    setAsking(true);
  };
  const confirm = () => {
    setAsking(false);
    waiting.current?.();
  };
  const shown = useLastAnswer(mutation.data);
  const failed = mutation.error === null ? null : { problem: ApiProblem.from(mutation.error), wrote: isWrite(mutation.variables.request) };
  return { run, confirm, cancel: () => setAsking(false), asking, pending: mutation.isPending, failed, answer: shown };
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
