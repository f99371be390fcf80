import { Button, Group, Stack } from '@mantine/core';
import { IconWand } from '@tabler/icons-react';
import { CopyButton } from '../../shared/CopyButton';
import { PasswordField } from '../../shared/PasswordField';
import { passwordProblem } from '../../shared/passwordRules';
import { generatedPassword } from './generate';

export interface Chosen {
  password: string;
  again: string;
  /** Made here, and so shown in clear text. */
  generated: boolean;
}

export const NOTHING_CHOSEN: Chosen = { password: '', again: '', generated: false };

/** What is wrong with a password before it is sent. */
export function chosenProblems({ password, again }: Chosen): { password: string | undefined; again: string | undefined } {
  return { password: passwordProblem(password), again: again === password ? undefined : 'The two passwords differ.' };
}

interface Props {
  value: Chosen;
  onChange: (value: Chosen) => void;
  errors: { password?: string | undefined; again?: string | undefined };
}

/** A new password: typed twice, or generated and copied. */
export function NewPassword({ value, onChange, errors }: Props) {
  const generate = () => {
    const password = generatedPassword();
    onChange({ password, again: password, generated: true });
  };
  return (
    <Stack gap="sm">
      <PasswordField
        label="Password"
        value={value.password}
        onChange={(password) => onChange({ ...value, password, generated: false })}
        error={errors.password}
        autoComplete="new-password"
        description="At least 8 characters."
      />
      <PasswordField
        label="Password again"
        value={value.again}
        onChange={(again) => onChange({ ...value, again, generated: false })}
        error={errors.again}
        autoComplete="new-password"
      />
      <Group gap="xs" mih={30}>
        <Button variant="default" size="xs" leftSection={<IconWand size={16} aria-hidden />} onClick={generate}>
          Generate
        </Button>
        {value.generated && (
          <>
            <code className="mono">{value.password}</code>
            <CopyButton value={value.password} label="Copy the password" />
          </>
        )}
      </Group>
    </Stack>
  );
}
