import { Anchor, Stack, Text, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, data } from '../../api/client';
import { ApiProblem } from '../../api/problem';
import { setSession } from '../../api/session';
import { ErrorNote } from '../../shared/ErrorNote';
import { PasswordTwice, twiceProblems } from '../../shared/PasswordTwice';
import { SubmitButton } from '../../shared/SubmitButton';
import { emailProblem } from '../../shared/passwordRules';
import { PlainPage } from '../../shared/PlainPage';
import { useSubmit } from '../../shared/useSubmit';
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
  const set = (name: 'code' | 'email') => (value: string) => setDraft((before) => ({ ...before, [name]: value }));

  const { problem, busy, submit } = useSubmit(async () => {
    const found = check(draft);
    setErrors(found);
    if (hasMessage(found)) return;
    const { code, email, password } = draft;
    try {
      setSession(await data(api.POST('/console/api/first-run', { body: { code: code.trim(), email: email.trim(), password } })));
      await navigate({ to: '/keys', replace: true });
    } catch (error) {
      setErrors(fieldErrors(ApiProblem.from(error)));
      throw error;
    }
  });
  const elsewhere = problem !== null && !hasMessage(fieldErrors(problem));

  return (
    <PlainPage title="Welcome">
      <form noValidate onSubmit={(event) => void submit(event)}>
        <Stack gap="md">
          <Text c="dimmed">Nobody can sign in yet. Make the first owner; the one-time code stands in the server's log.</Text>
          {elsewhere && <ErrorNote error={problem} title="The owner was not made" />}
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
          <PasswordTwice value={draft} onChange={(typed) => setDraft((before) => ({ ...before, ...typed }))} errors={errors} />
          <SubmitButton size="md" fullWidth busy={busy}>
            Create owner
          </SubmitButton>
        </Stack>
      </form>
    </PlainPage>
  );
}

function hasMessage(errors: Errors): boolean {
  return Object.values(errors).some((message) => message !== undefined);
}

function check({ code, email, password, again }: Draft): Errors {
  return {
    code: code.trim() === '' ? 'Give the code from the log.' : undefined,
    email: emailProblem(email),
    ...twiceProblems({ password, again }),
  };
}

function fieldErrors(problem: ApiProblem): Errors {
  if (problem.kind === 'wrong-code') return { code: problem.detail };
  if (problem.status === 429 && problem.retryAfter !== null) {
    return { code: `There were too many wrong codes. Try again in ${waiting(problem.retryAfter)}.` };
  }
  return { code: problem.field('code'), email: problem.field('email'), password: problem.field('password') };
}
