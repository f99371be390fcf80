import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconDownload, IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { EmptyState } from '../../../shared/EmptyState';
import { saveFile } from '../../../shared/saveFile';
import type { OpenApi } from '../document';
import { OperationEntry } from './OperationEntry';
import classes from './Reference.module.css';
import { SchemaEntry } from './SchemaEntry';
import { operationsOf } from './operations';

/** The API reference of one key: paths and schemas of its OpenAPI document. */
export function Reference({ document }: { document: OpenApi }) {
  const [q, setQ] = useState('');
  const groups = useMemo(() => operationsOf(document), [document]);
  const fits = (text: string) => text.toLowerCase().includes(q.trim().toLowerCase());
  const shown = groups
    .map(({ title, operations }) => ({ title, operations: operations.filter(({ path, operation }) => fits(`${path} ${operation.summary ?? ''}`)) }))
    .filter(({ operations }) => operations.length > 0);
  const schemas = Object.entries(document.components?.schemas ?? {}).filter(([name]) => fits(name));
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-end" gap="sm">
        <TextInput
          label="Filter by name"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={q}
          onChange={(event) => setQ(event.currentTarget.value)}
          w={{ base: '100%', xs: 260 }}
        />
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => saveFile('openapi.json', 'application/json', JSON.stringify(document, null, 2))}
        >
          Download OpenAPI document
        </Button>
      </Group>
      {typeof document.info?.description === 'string' && <Text c="dimmed">{document.info.description}</Text>}
      {shown.length === 0 && schemas.length === 0 && <EmptyState title={q === '' ? 'This key reaches nothing' : 'Nothing has such a name'} />}
      {shown.map(({ title, operations }) => (
        <section key={title} aria-label={title}>
          <Title order={2} size="h5" mb={6}>
            {title}
          </Title>
          <div className={`panel ${classes.entries}`}>
            {operations.map((entry) => (
              <OperationEntry key={`${entry.method} ${entry.path}`} {...entry} components={document.components} />
            ))}
          </div>
        </section>
      ))}
      {schemas.length > 0 && (
        <section aria-label="Schemas">
          <Title order={2} size="h5" mb={6}>
            Schemas
          </Title>
          <div className={`panel ${classes.entries}`}>
            {schemas.map(([name, schema]) => (
              <SchemaEntry key={name} name={name} schema={schema} />
            ))}
          </div>
        </section>
      )}
    </Stack>
  );
}
