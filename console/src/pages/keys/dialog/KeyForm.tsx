import { Button, Select, Stack, TextInput } from '@mantine/core';
import { useRef, useState, type FormEvent } from 'react';
import { api, data } from '../../../api/client';
import type { Key, KeyWithSecret } from '../../../api/types';
import { DialogButtons } from '../../../shared/Dialog';
import { SubmitButton } from '../../../shared/SubmitButton';
import { TYPE_NAMES, TYPES } from '../model';
import { useKeyFacts } from '../useKeys';
import { ConfirmEdit, needsConfirmation } from './ConfirmEdit';
import { draftOf, newDraft, typedOnly, type Draft } from './draft';
import { Exposure } from './Exposure';
import { HostsField } from './HostsField';
import classes from './KeyForm.module.css';
import { RoleField } from './RoleField';
import { SaveProblem } from './SaveProblem';
import { Typed } from './Typed';
import { useSaveKey } from './useSaveKey';
import { check, forget, fromProblem, hasErrors, NO_ERRORS, type Errors } from './validate';

interface Props {
  /** The key that is edited; null for a new one. */
  current: Key | null;
  onCancel: () => void;
  onSaved: () => void;
  onMade?: (made: KeyWithSecret) => void;
  onSaving: (saving: boolean) => void;
}

/** The fields of a key (K-20 to K-35). */
export function KeyForm({ current, onCancel, onSaved, onMade, onSaving }: Props) {
  const { environment } = useKeyFacts();
  const form = useRef<HTMLFormElement>(null);
  /** The key as it was when the dialog opened, or as it was loaded after a conflict. */
  const [base, setBase] = useState(current);
  const [draft, setDraft] = useState<Draft>(() => (current === null ? newDraft(environment) : draftOf(current)));
  /** What had been typed before current values were loaded. */
  const [typed, setTyped] = useState<Draft | null>(null);
  const [errors, setErrors] = useState<Errors>(NO_ERRORS);
  const [asking, setAsking] = useState(false);
  const { submit: save, busy, problem, clear } = useSaveKey({ draft, base, onSaved, onMade, onSaving });

  const set = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
    setErrors((before) => forget(before, draft, change));
  };
  const showErrors = (found: Errors) => {
    setErrors(found);
    // After the marks are drawn.
    window.setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), 0);
  };
  const send = async () => {
    setAsking(false);
    const told = await save();
    if (told !== null && told.status === 422) showErrors(fromProblem(told, draft));
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const found = check(draft, base, environment);
    if (hasErrors(found)) {
      clear();
      showErrors(found);
      return;
    }
    setErrors(NO_ERRORS);
    if (base !== null && needsConfirmation(draft, base)) setAsking(true);
    else void send();
  };
  /** After a conflict: the fields show what is stored now, and beside it what was typed. */
  const loadCurrent = async (id: string) => {
    const key = await data(api.GET('/console/api/keys/{id}', { params: { path: { id } } }));
    setTyped(base === null ? null : typedOnly(draft, draftOf(base), draftOf(key)));
    setBase(key);
    setDraft(draftOf(key));
    setErrors(NO_ERRORS);
    clear();
  };

  return (
    <form ref={form} noValidate onSubmit={onSubmit} aria-busy={busy}>
      <Stack gap="md">
        <TextInput
          label="Description"
          description="By this people recognise the key."
          data-autofocus
          aria-required
          classNames={{ label: classes.required ?? '' }}
          value={draft.description}
          onChange={(event) => set({ description: event.currentTarget.value })}
          error={errors.description}
          autoComplete="off"
        />
        <Typed now={draft.description} typed={typed?.description} onUse={(description) => set({ description })} />
        <Select
          label="API Type"
          data={TYPES.map((type) => ({ value: type, label: TYPE_NAMES[type] }))}
          allowDeselect={false}
          value={draft.type}
          onChange={(value) => set({ type: TYPES.find((type) => type === value) ?? 'standard' })}
          error={errors.type}
        />
        <Typed now={draft.type} typed={typed?.type} shown={(type) => TYPE_NAMES[type]} onUse={(type) => set({ type })} />
        {draft.type === 'standard' && (
          <>
            <RoleField value={draft.role} onChange={(role) => set({ role })} error={errors.role} />
            <Typed now={draft.role} typed={typed?.role} shown={(role) => role ?? 'no role'} onUse={(role) => set({ role })} />
          </>
        )}
        <TextInput
          type="date"
          label="Expiration date"
          description="The last day on which the key works, until midnight UTC."
          aria-required
          classNames={{ label: classes.required ?? '' }}
          min={environment?.today}
          max={environment?.latestExpiry}
          value={draft.expiresOn}
          onChange={(event) => set({ expiresOn: event.currentTarget.value })}
          error={errors.expiresOn}
        />
        <Typed now={draft.expiresOn} typed={typed?.expiresOn} onUse={(expiresOn) => set({ expiresOn })} />
        <HostsField lines={draft.hosts} onChange={(hosts) => set({ hosts })} errors={errors.hosts} error={errors.allowedHosts} />
        <Typed
          now={draft.hosts.map((line) => line.text).join(', ')}
          typed={typed?.hosts.map((line) => line.text).join(', ')}
          shown={(text) => (text === '' ? 'no address' : text)}
          onUse={() => set({ hosts: typed?.hosts ?? [] })}
        />
        <Exposure draft={draft} />
        {problem !== null && !(problem.status === 422 && hasErrors(errors)) && (
          <SaveProblem problem={problem} isNew={base === null} onRetry={() => void send()} onLoad={() => loadCurrent(base?.id ?? '')} />
        )}
      </Stack>
      <DialogButtons>
        <Button variant="default" onClick={() => !busy && onCancel()}>
          Cancel
        </Button>
        <SubmitButton busy={busy}>Submit</SubmitButton>
      </DialogButtons>
      {base !== null && (
        <ConfirmEdit opened={asking} draft={draft} base={base} onCancel={() => setAsking(false)} onConfirm={() => void send()} />
      )}
    </form>
  );
}

