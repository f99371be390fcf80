import { Group, Input, SegmentedControl, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { rolesQuery } from '../../api/queries';
import { KeyPicker } from '../../shared/KeyPicker';
import { SubmitButton } from '../../shared/SubmitButton';
import classes from './CheckTab.module.css';
import { Examples } from './Examples';
import type { Draft, Problems } from './question';
import { METHODS } from './search';

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
  problems: Problems;
  busy: boolean;
  onSubmit: () => void;
}

export function QuestionForm({ draft, onChange, problems, busy, onSubmit }: Props) {
  const roles = useQuery(rolesQuery).data ?? [];
  const subject = useId();
  const set = (changes: Partial<Draft>) => onChange({ ...draft, ...changes });
  const withBody = draft.method !== 'GET' && draft.method !== 'HEAD';
  return (
    <form
      noValidate
      className={`panel ${classes.form}`}
      aria-label="Request to check"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Stack gap="sm">
        <Stack gap={4}>
          <Input.Label labelElement="div" id={subject}>
            Who asks
          </Input.Label>
          <SegmentedControl
            aria-labelledby={subject}
            fullWidth
            data={[
              { value: 'key', label: 'A key' },
              { value: 'role', label: 'A role' },
            ]}
            value={draft.subject}
            onChange={(value) => set({ subject: value === 'role' ? 'role' : 'key' })}
          />
        </Stack>
        {draft.subject === 'key' ? (
          <KeyPicker label="Key" value={draft.key} onChange={(key) => set({ key })} error={problems.key} />
        ) : (
          <Select
            label="Role"
            data={roles.includes(draft.role ?? '') || draft.role === null ? roles : [...roles, draft.role]}
            value={draft.role}
            onChange={(role) => set({ role })}
            placeholder="Choose a role"
            searchable={roles.length > 8}
            error={problems.role}
          />
        )}
        <Group gap="xs" align="flex-start" wrap="nowrap">
          <Select
            label="Method"
            data={[...METHODS]}
            value={draft.method}
            onChange={(method) => set({ method: METHODS.find((known) => known === method) ?? 'GET' })}
            allowDeselect={false}
            error={problems.method}
            w={105}
          />
          <TextInput
            label="Path"
            value={draft.path}
            onChange={(event) => set({ path: event.currentTarget.value })}
            error={problems.path}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            classNames={{ input: 'mono' }}
            flex={1}
          />
        </Group>
        <Examples draft={draft} onChoose={(method, path) => set({ method, path })} />
        <TextInput
          label="Address"
          description="Empty: allowed hosts are not asked."
          placeholder="192.0.2.10"
          value={draft.from}
          onChange={(event) => set({ from: event.currentTarget.value })}
          error={problems.from}
          classNames={{ input: 'mono' }}
          autoComplete="off"
        />
        <TextInput
          label="Time"
          description="In your time zone. Empty: now."
          type="datetime-local"
          value={draft.at}
          onChange={(event) => set({ at: event.currentTarget.value })}
          error={problems.at}
        />
        {withBody && (
          <Textarea
            label="Body"
            description="Empty: an empty object."
            value={draft.body}
            onChange={(event) => set({ body: event.currentTarget.value })}
            error={problems.body}
            autosize
            minRows={3}
            maxRows={14}
            spellCheck={false}
            classNames={{ input: 'mono' }}
          />
        )}
        <SubmitButton busy={busy}>Check access</SubmitButton>
      </Stack>
    </form>
  );
}
