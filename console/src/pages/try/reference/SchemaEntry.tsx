import { Text } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { Marked } from '../../../shared/Marked';
import { StackTable, type Column } from '../../../shared/StackTable';
import { typeText, type Schema } from '../document';
import classes from './Reference.module.css';

interface Property {
  name: string;
  schema: Schema;
  required: boolean;
}

const COLUMNS: readonly Column<Property>[] = [
  { head: 'Member', cell: ({ name }) => <span className="mono">{name}</span> },
  { head: 'Type', cell: ({ schema }) => typeText(schema) },
  { head: 'Notes', cell: (property) => <Marked text={notes(property)} /> },
];

function notes({ schema, required }: Property): string {
  const { description, readOnly, maxLength, minimum, maximum } = schema;
  const key = schema['x-key'];
  return [
    key !== undefined && key !== false ? 'primary key' : '',
    schema['x-kind'] !== undefined && schema['x-kind'] !== 'storage' ? schema['x-kind'] : '',
    schema['x-related'] !== undefined ? `to ${schema['x-related']}` : '',
    required ? 'required' : '',
    readOnly === true ? 'read only' : '',
    maxLength === undefined ? '' : `at most ${String(maxLength)} characters`,
    minimum === undefined ? '' : `at least ${String(minimum)}`,
    maximum === undefined ? '' : `at most ${String(maximum)}`,
    description ?? '',
  ]
    .filter((text) => text !== '')
    .join(', ');
}

/** A schema and its members. */
export function SchemaEntry({ name, schema }: { name: string; schema: Schema }) {
  const [open, setOpen] = useState(false);
  const properties = Object.entries(schema.properties ?? {}).map(([member, value]) => ({
    name: member,
    schema: value,
    required: schema.required?.includes(member) ?? false,
  }));
  return (
    <details className={classes.entry} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <IconChevronRight size={14} className={classes.chevron} aria-hidden />
        <span className={`mono ${classes.path}`}>{name}</span>
        <span className={classes.summary}><Marked text={schema.description ?? ''} /></span>
      </summary>
      {open && (
        <div className={classes.details}>
          {properties.length === 0 ? (
            <Text className="mono">{typeText(schema)}</Text>
          ) : (
            <StackTable label={`Members of ${name}`} columns={COLUMNS} rows={properties} rowKey={({ name: member }) => member} />
          )}
        </div>
      )}
    </details>
  );
}
