import { Select, TextInput } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { SubmitButton } from '../../../shared/SubmitButton';
import classes from '../TryPage.module.css';
import { METHODS, type BuiltRequest } from '../request';

interface Props {
  request: BuiltRequest;
  onChange: (byHand: Pick<BuiltRequest, 'method' | 'path'>) => void;
  error: string | undefined;
  busy: boolean;
  mayRun: boolean;
}

/** Method and URL as they will be sent; both can be written by hand. */
export function RequestLine({ request, onChange, error, busy, mayRun }: Props) {
  const { method, path } = request;
  return (
    <>
      <div className={classes.request}>
        <Select
          label="Method"
          data={[...METHODS]}
          value={method}
          onChange={(next) => onChange({ method: next ?? 'GET', path })}
          allowDeselect={false}
        />
        <TextInput
          label="URL"
          value={path}
          onChange={(event) => onChange({ method, path: event.currentTarget.value })}
          error={error !== undefined}
          aria-describedby={error === undefined ? undefined : 'request-problem'}
          classNames={{ input: 'mono' }}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
        />
        {mayRun && (
          <SubmitButton leftSection={<IconPlayerPlay size={16} aria-hidden />} busy={busy}>
            Run
          </SubmitButton>
        )}
      </div>
      {error !== undefined && (
        <p id="request-problem" role="alert" style={{ margin: '0.375rem 0 0', color: 'var(--mantine-color-error)', fontSize: 'var(--mantine-font-size-sm)' }}>
          {error}
        </p>
      )}
    </>
  );
}
