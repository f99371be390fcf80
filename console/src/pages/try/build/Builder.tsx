import { Button, SegmentedControl, Select, Stack, TextInput, Textarea } from '@mantine/core';
import classes from '../TryPage.module.css';
import { namesOf, template, type Dataclass } from '../document';
import { bodyProblem, DOINGS, type Doing, type Draft } from '../request';
import { ReadFields } from './ReadFields';

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
  dataclasses: readonly Dataclass[];
  /** The request carries a body. */
  withBody: boolean;
}

const NAMES: Record<Doing, string> = { read: 'Read', create: 'Create', update: 'Update', delete: 'Delete' };

/** A request by fields instead of by its URL. */
export function Builder({ draft, onChange, dataclasses, withBody }: Props) {
  const { doing } = draft;
  const set = (changes: Partial<Draft>) => onChange({ ...draft, ...changes });
  const dataclass = dataclasses.find(({ name }) => name === draft.dataclass);
  const keys = dataclass?.attributes.filter(({ isKey }) => isKey).map(({ name }) => name) ?? [];
  return (
    <section className={`panel ${classes.builder}`} aria-label="Request builder">
      <Stack gap="sm">
        <SegmentedControl
          aria-label="What to do"
          fullWidth
          data={DOINGS.map((value) => ({ value, label: NAMES[value] }))}
          value={doing}
          onChange={(value) => set({ doing: DOINGS.find((known) => known === value) ?? 'read' })}
        />
        <Select
          label="Dataclass"
          data={dataclasses.map(({ name }) => name)}
          value={draft.dataclass}
          onChange={(name) => set({ dataclass: name, attributes: [], expand: [], filter: '', order: '', entity: '' })}
          placeholder={dataclasses.length === 0 ? 'Choose a key first' : 'Choose a dataclass'}
          nothingFoundMessage="This key reaches no such dataclass"
          searchable
          allowDeselect={false}
        />
        {doing !== 'create' && (
          <TextInput
            label="Entity key"
            description={doing === 'read' ? 'Empty: a page of entities.' : doing === 'delete' ? 'Empty: all that fit the filter.' : 'Which entity to change.'}
            placeholder={keys.length === 0 ? 'Primary key' : keys.join(', ')}
            value={draft.entity}
            onChange={(event) => set({ entity: event.currentTarget.value })}
            classNames={{ input: 'mono' }}
            autoComplete="off"
          />
        )}
        {doing === 'read' && <ReadFields draft={draft} onChange={set} dataclass={dataclass} names={namesOf(dataclass, dataclasses)} />}
        {doing === 'delete' && draft.entity.trim() === '' && (
          <TextInput
            label="Filter"
            placeholder="price = 0"
            value={draft.filter}
            onChange={(event) => set({ filter: event.currentTarget.value })}
            classNames={{ input: 'mono' }}
            autoComplete="off"
            spellCheck={false}
          />
        )}
        {withBody && doing !== 'delete' && (
          <>
            <Textarea
              label="Body"
              description="JSON: an object, or an array of objects."
              value={draft.body}
              onChange={(event) => set({ body: event.currentTarget.value })}
              error={bodyProblem(draft.body)}
              autosize
              minRows={5}
              maxRows={18}
              spellCheck={false}
              classNames={{ input: 'mono' }}
            />
            {dataclass !== undefined && dataclass.saved.length > 0 && (
              <Button variant="default" size="xs" style={{ alignSelf: 'flex-start' }} onClick={() => set({ body: template(dataclass) })}>
                Fill in attributes
              </Button>
            )}
          </>
        )}
      </Stack>
    </section>
  );
}
