import { ActionIcon, Button, TextInput, Tooltip } from '@mantine/core';
import { IconInfoCircle, IconPlus, IconX } from '@tabler/icons-react';
import { useId, useRef } from 'react';
import { hostLine, type HostLine } from './draft';
import classes from './HostsField.module.css';

const EXPLANATION = 'The key works from any host until an address is added.';

interface Props {
  lines: readonly HostLine[];
  onChange: (lines: readonly HostLine[]) => void;
  /** By the ID of the line. */
  errors: ReadonlyMap<number, string>;
  error: string | undefined;
}

/** Allowed hosts: public until an address is added (K-27 to K-29). */
export function HostsField({ lines, onChange, errors, error }: Props) {
  const titleId = useId();
  const box = useRef<HTMLDivElement>(null);
  const focusInput = (at: number) =>
    window.setTimeout(() => {
      const inputs = box.current?.querySelectorAll('input');
      const target = inputs?.[Math.min(at, inputs.length - 1)] ?? box.current?.querySelector<HTMLElement>('[data-add]');
      target?.focus();
    }, 0);
  const add = () => {
    onChange([...lines, hostLine('')]);
    focusInput(lines.length);
  };
  const remove = (at: number) => {
    onChange(lines.filter((_, index) => index !== at));
    focusInput(at);
  };
  return (
    <div role="group" aria-labelledby={titleId} ref={box} className={classes.field}>
      <div id={titleId} className={classes.title}>
        Allowed hosts
      </div>
      <div className={classes.public}>
        {lines.length === 0 ? 'Public access' : 'Only from these addresses'}
        <Tooltip label={EXPLANATION} multiline maw={260}>
          <ActionIcon variant="transparent" color="gray" size="sm" aria-label={EXPLANATION}>
            <IconInfoCircle size={16} stroke={1.6} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </div>
      {lines.map(({ id, text }, index) => (
        <TextInput
          key={id}
          aria-label={`IP address ${index + 1}`}
          placeholder="For example 192.0.2.1"
          classNames={{ input: 'mono' }}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            const value = event.currentTarget.value;
            onChange(lines.map((line) => (line.id === id ? { id, text: value } : line)));
          }}
          error={errors.get(id)}
          rightSection={
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Remove address ${index + 1}`} onClick={() => remove(index)}>
              <IconX size={14} aria-hidden />
            </ActionIcon>
          }
        />
      ))}
      {error !== undefined && (
        <div className={classes.error} role="alert">
          {error}
        </div>
      )}
      <Button data-add variant="default" size="xs" className={classes.add} leftSection={<IconPlus size={14} aria-hidden />} onClick={add}>
        Add IP address
      </Button>
    </div>
  );
}
