import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { resolvedQuery } from '../../api/queries';
import classes from './CheckTab.module.css';
import type { Draft } from './question';
import type { Method } from './search';

interface Props {
  draft: Draft;
  onChoose: (method: Method, path: string) => void;
}

/** Requests to begin with, on a dataclass of this application. */
export function Examples({ draft, onChoose }: Props) {
  const model = useQuery(resolvedQuery(null)).data;
  const named = /^\/rest\/(\w+)/.exec(draft.path)?.[1];
  const dataclass = model?.dataclasses.find(({ name }) => name === named) ?? model?.dataclasses[0];
  if (dataclass === undefined) return <div className={classes.examples} style={{ minHeight: 26 }} />;
  const attribute = dataclass.attributes.find(({ name }) => /^[a-z]/.test(name) && name.toLowerCase() !== 'id')?.name ?? 'ID';
  const examples: readonly (readonly [string, Method, string])[] = [
    ['Read', 'GET', `/rest/${dataclass.name}`],
    ['Filter', 'GET', `/rest/${dataclass.name}?$filter="${attribute} = 1"`],
    ['One', 'GET', `/rest/${dataclass.name}(1)`],
    ['Create', 'POST', `/rest/${dataclass.name}?$method=update`],
    ['Delete', 'POST', `/rest/${dataclass.name}(1)?$method=delete`],
  ];
  return (
    <div className={classes.examples} role="group" aria-label={`Examples with ${dataclass.name}`}>
      {examples.map(([name, method, path]) => (
        <Button key={name} size="compact-xs" variant="default" onClick={() => onChoose(method, path)} title={`${method} ${path}`}>
          {name}
        </Button>
      ))}
    </div>
  );
}
