import { Stack, Text, TextInput } from '@mantine/core';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { api, data } from '../../api/client';
import { ApiProblem } from '../../api/problem';
import { setSession } from '../../api/session';
import { ErrorNote } from '../../shared/ErrorNote';
import { PasswordField } from '../../shared/PasswordField';
import { SubmitButton } from '../../shared/SubmitButton';
import { PlainPage } from '../../shared/PlainPage';
import { useSubmit } from '../../shared/useSubmit';
import { waiting } from '../../shared/format';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { to, other } = route.useSearch();
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [errors, setErrors] = useState<{ email?: string; password?: string }>({});
  const { problem, busy, submit } = useSubmit(async () => {
    const missing = { ...(email.trim() === '' && { email: 'Give your e-mail address.' }), ...(password === '' && { password: 'Give your password.' }) };
    setErrors(missing);
    if (missing.email !== undefined || missing.password !== undefined) {
      form.current?.querySelector<HTMLInputElement>(missing.email !== undefined ? '[name=email]' : '[name=password]')?.focus();
      return;
    }
    setSession(await data(api.POST('/console/api/session', { body: { email: email.trim(), password } })));
    await router.navigate({ href: router.basepath + (to ?? '/keys'), replace: true });
  });

  return (
    <PlainPage title="Sign in">
      <form ref={form} noValidate onSubmit={(event) => void submit(event)}>
        <Stack gap="md">
          {other === true && (
            <Text c="dimmed">Another person has signed in to the console in this browser. Nothing was done in that name. Sign in to go on.</Text>
          )}
          {problem !== null && <ErrorNote title="You are not signed in" error={readable(problem)} />}
          <TextInput
            label="Email"
            name="email"
            type="email"
            autoComplete="username"
            autoFocus
            aria-required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={errors.email}
          />
          <PasswordField
            label="Password"
            name="password"
            value={password}
            onChange={setPassword}
            error={errors.password}
            autoComplete="current-password"
          />
          <SubmitButton size="md" fullWidth busy={busy}>
            Sign in
          </SubmitButton>
        </Stack>
      </form>
    </PlainPage>
  );
}

/** Says how long to wait after too many failures. */
function readable(problem: ApiProblem): ApiProblem {
  if (problem.status !== 429 || problem.retryAfter === null) return problem;
  return new ApiProblem(problem.kind, 429, `There were too many failed sign-ins. Try again in ${waiting(problem.retryAfter)}.`);
}
