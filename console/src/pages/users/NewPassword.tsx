import { Button, Group, Stack } from '@mantine/core';
import { IconWand } from '@tabler/icons-react';
import { CopyButton } from '../../shared/CopyButton';
import { PasswordTwice, type Typed, type twiceProblems } from '../../shared/PasswordTwice';
import { generatedPassword } from './generate';

interface Chosen extends Typed {
  /** Made here, and so shown in clear text. */
  generated: boolean;
}

export const NOTHING_CHOSEN: Chosen = { password: '', again: '', generated: false };

interface Props {
  value: Chosen;
  onChange: (value: Chosen) => void;
  errors: ReturnType<typeof twiceProblems>;
}

/** A new password: typed twice, or generated and copied. */
export function NewPassword({ value, onChange, errors }: Props) {
  const generate = () => {
    const password = generatedPassword();
    onChange({ password, again: password, generated: true });
  };
  return (
    <Stack gap="sm">
      <PasswordTwice value={value} onChange={(typed) => onChange({ ...typed, generated: false })} errors={errors} />
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
