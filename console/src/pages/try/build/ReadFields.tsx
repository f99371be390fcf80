import { Group, TagsInput, TextInput } from '@mantine/core';
import { isRelation, type Dataclass } from '../document';
import type { Draft } from '../request';
import { clearButton } from '../../../shared/clearButton';

interface Props {
  draft: Draft;
  onChange: (changes: Partial<Draft>) => void;
  dataclass: Dataclass | undefined;
  /** Attributes to choose from, also those one relation away. */
  names: readonly string[];
}

/** What is read, and how it comes back. */
export function ReadFields({ draft, onChange, dataclass, names }: Props) {
  const example = dataclass?.attributes.find((one) => !isRelation(one) && !one.isKey)?.name ?? 'title';
  const many = draft.entity.trim() === '';
  const plain = { classNames: { input: 'mono' }, autoComplete: 'off', spellCheck: false };
  const whole = (text: string) => text.replace(/\D/g, '');
  return (
    <>
      {many && (
        <>
          <TextInput
            label="Filter"
            placeholder={`${example} = "A*"`}
            value={draft.filter}
            onChange={(event) => onChange({ filter: event.currentTarget.value })}
            {...plain}
          />
          <TextInput
            label="Order"
            placeholder={`${example} desc`}
            value={draft.order}
            onChange={(event) => onChange({ order: event.currentTarget.value })}
            {...plain}
          />
        </>
      )}
      <TagsInput
        label="Attributes"
        description="Empty: all. Also paths such as author.fullName."
        placeholder={draft.attributes.length === 0 ? 'All' : ''}
        data={[...names]}
        value={draft.attributes}
        onChange={(attributes) => onChange({ attributes })}
        maxDropdownHeight={280}
        acceptValueOnBlur
        clearable
        clearButtonProps={clearButton('attributes')}
      />
      <TagsInput
        label="Expand"
        description="Relations whose entities come along."
        data={dataclass?.attributes.filter(isRelation).map(({ name }) => name) ?? []}
        value={draft.expand}
        onChange={(expand) => onChange({ expand })}
        acceptValueOnBlur
        clearable
        clearButtonProps={clearButton('expand')}
      />
      {many && (
        <Group grow gap="xs">
          <TextInput label="Top" placeholder="100" inputMode="numeric" value={draft.top} onChange={(event) => onChange({ top: whole(event.currentTarget.value) })} />
          <TextInput label="Skip" placeholder="0" inputMode="numeric" value={draft.skip} onChange={(event) => onChange({ skip: whole(event.currentTarget.value) })} />
        </Group>
      )}
    </>
  );
}
