import { PasswordField } from './PasswordField';
import { passwordProblem } from './passwordRules';

/** A new password as it is typed. */
export interface Typed {
  password: string;
  again: string;
}

interface Problems {
  password?: string | undefined;
  again?: string | undefined;
}

/** What is wrong before it is sent. */
export function twiceProblems({ password, again }: Typed): Problems {
  return { password: passwordProblem(password), again: again === password ? undefined : 'The two passwords differ.' };
}

interface Props {
  label?: string;
  value: Typed;
  onChange: (value: Typed) => void;
  errors: Problems;
}

/** A new password, typed twice. */
export function PasswordTwice({ label = 'Password', value, onChange, errors }: Props) {
  return (
    <>
      <PasswordField
        label={label}
        value={value.password}
        onChange={(password) => onChange({ ...value, password })}
        error={errors.password}
        autoComplete="new-password"
        description="At least 8 characters."
      />
      <PasswordField
        label={`${label} again`}
        value={value.again}
        onChange={(again) => onChange({ ...value, again })}
        error={errors.again}
        autoComplete="new-password"
      />
    </>
  );
}
