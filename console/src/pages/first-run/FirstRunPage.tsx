import { Anchor, Stack, Text, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { api, data } from '../../api/client';
import { ApiProblem } from '../../api/problem';
import { setSession } from '../../api/session';
import { ErrorNote } from '../../shared/ErrorNote';
import { PasswordField } from '../../shared/PasswordField';
import { SubmitButton } from '../../shared/SubmitButton';
import { passwordProblem } from '../../shared/passwordRules';
import { PlainPage } from '../../shared/PlainPage';
import { waiting } from '../../shared/format';

interface Draft {
  code: string;
  email: string;
  password: string;
  again: string;
}

type Errors = Partial<Record<keyof Draft, string | undefined>>;

/** Makes the first owner: whoever can read the server's log. */
export function FirstRunPage() {
  const navigate = useNavigate();
  const [draft, setDraft] = useState<Draft>({ code: '', email: '', password: '', again: '' });
  const [errors, setErrors] = useState<Errors>({});
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (name: keyof Draft) => (value: string) => setDraft((before) => ({ ...before, [name]: value }));

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setProblem(null);
    const found = check(draft);
    setErrors(found);
    if (Object.values(found).some((message) => message !== undefined)) return;
    setBusy(true);
    try {
      const { code, email, password } = draft;
      setSession(await data(api.POST('/console/api/first-run', { body: { code: code.trim(), email: email.trim(), password } })));
      await navigate({ to: '/keys', replace: true });
    } catch (error) {
      const told = ApiProblem.from(error);
      const atFields = fieldErrors(told);
      setErrors(atFields);
      if (Object.values(atFields).every((message) => message === undefined)) setProblem(told);
    }
    setBusy(false);
  };

  return (
    <PlainPage title="Welcome">
      <form noValidate onSubmit={(event) => void onSubmit(event)}>
        <Stack gap="md">
          <Text c="dimmed">Nobody can sign in yet. Make the first owner; the one-time code stands in the server's log.</Text>
          {problem !== null && (
            <ErrorNote error={problem} title="The owner was not made" />
          )}
          {problem?.kind === 'exists' && <Anchor renderRoot={(props) => <Link to="/sign-in" {...props} />}>Go to the sign-in page</Anchor>}
          <TextInput
            label="One-time code"
            description="From the line “there is no console user yet” of the log."
            value={draft.code}
            onChange={(event) => set('code')(event.currentTarget.value)}
            error={errors.code}
            autoComplete="off"
            spellCheck={false}
            autoFocus
            aria-required
            classNames={{ input: 'mono' }}
          />
          <TextInput
            label="Email"
            type="email"
            autoComplete="username"
            value={draft.email}
            onChange={(event) => set('email')(event.currentTarget.value)}
            error={errors.email}
            aria-required
          />
          <PasswordField
            label="Password"
            value={draft.password}
            onChange={set('password')}
            error={errors.password}
            autoComplete="new-password"
            description="At least 8 characters."
          />
          <PasswordField label="Password again" value={draft.again} onChange={set('again')} error={errors.again} autoComplete="new-password" />
          <SubmitButton size="md" fullWidth busy={busy}>
            Create owner
          </SubmitButton>
        </Stack>
      </form>
    </PlainPage>
  );
}

function check({ code, email, password, again }: Draft): Errors {
  return {
    code: code.trim() === '' ? 'Give the code from the log.' : undefined,
    email: /^[^\s@/]+@[^\s@/]+$/.test(email.trim()) ? undefined : 'This must be an e-mail address.',
    password: passwordProblem(password),
    again: again === password ? undefined : 'The two passwords differ.',
  };
}

function fieldErrors(problem: ApiProblem): Errors {
  if (problem.kind === 'wrong-code') return { code: problem.detail };
  if (problem.status === 429 && problem.retryAfter !== null) {
    return { code: `There were too many wrong codes. Try again in ${waiting(problem.retryAfter)}.` };
  }
  return { code: problem.field('code'), email: problem.field('email'), password: problem.field('password') };
}
