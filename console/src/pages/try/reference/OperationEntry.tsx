import { Stack, Text, Title } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { Marked } from '../../../shared/Marked';
import { StackTable, type Column } from '../../../shared/StackTable';
import { resolve, typeText, type Content, type OpenApi, type Operation, type Parameter } from '../document';
import classes from './Reference.module.css';
import type { Entry } from './operations';

const COLUMNS: readonly Column<Parameter>[] = [
  { head: 'Parameter', cell: ({ name, required }) => <span className="mono">{`${name ?? ''}${required === true ? ' (required)' : ''}`}</span> },
  { head: 'In', cell: ({ in: place }) => place ?? '' },
  { head: 'Type', cell: ({ schema }) => typeText(schema) },
  { head: 'Description', cell: ({ description = '' }) => <Marked text={description} /> },
];

interface Props extends Entry {
  /** What operations refer to by name. */
  components: OpenApi['components'];
}

/** A method and a path; parameters and bodies when it is opened. */
export function OperationEntry({ method, path, operation, components }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <details className={classes.entry} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <IconChevronRight size={14} className={classes.chevron} aria-hidden />
        <span className={classes.method} data-method={method}>
          {method}
        </span>
        <span className={`mono ${classes.path}`}>{path}</span>
        <span className={classes.summary}>{operation.summary}</span>
      </summary>
      {open && <Details operation={operation} components={components} />}
    </details>
  );
}

function Details({ operation, components }: { operation: Operation; components: Props['components'] }) {
  const parameters = (operation.parameters ?? []).map((one) => resolve(one, components?.parameters));
  const answers = Object.entries(operation.responses ?? {}).map(([status, answer]) => ({ status, answer: resolve(answer, components?.responses) }));
  return (
    <Stack gap="sm" className={classes.details}>
      {operation.description !== undefined && <Text><Marked text={operation.description} /></Text>}
      {parameters.length > 0 && <StackTable label="Parameters" columns={COLUMNS} rows={parameters} rowKey={({ name }, index) => `${name ?? ''} ${String(index)}`} />}
      {operation.requestBody !== undefined && (
        <Text>
          Body: <span className="mono">{bodyText(operation.requestBody)}</span>
        </Text>
      )}
      <div>
        <Title order={3} size="h6">
          Answers
        </Title>
        <dl className={classes.answers}>
          {answers.map(({ status, answer }) => (
            <div key={status}>
              <dt>{status}</dt>
              <dd>
                <Marked text={answer.description ?? ''} /> <span className="mono">{bodyText(answer)}</span>
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Stack>
  );
}

function bodyText({ content }: Content): string {
  return Object.values(content ?? {})
    .map(({ schema }) => typeText(schema))
    .join(' or ');
}
