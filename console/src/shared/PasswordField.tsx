import { PasswordInput } from '@mantine/core';

interface Props {
  label: string;
  name?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  /** `current-password` or `new-password`, for password managers. */
  autoComplete: 'current-password' | 'new-password';
  description?: string;
  autoFocus?: boolean;
}

/** A password that can be looked at while it is typed. */
export function PasswordField({ label, name, value, onChange, error, autoComplete, description, autoFocus }: Props) {
  return (
    <PasswordInput
      label={label}
      name={name}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      autoComplete={autoComplete}
      description={description}
      data-autofocus={autoFocus || undefined}
      aria-required
      // Mantine marks its other fields by itself.
      aria-invalid={error !== undefined || undefined}
      // Outside the order of the tab key, so that Enter and Tab go from field to field.
      visibilityToggleButtonProps={{ 'aria-label': 'Look at what is typed', tabIndex: -1 }}
    />
  );
}
