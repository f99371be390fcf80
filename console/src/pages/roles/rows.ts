import type { Decision, Resolved } from './queries';

export const ACTIONS = ['read', 'create', 'update', 'drop', 'execute'] as const;
export type Action = (typeof ACTIONS)[number];
export type Cells = Partial<Record<Action, Decision>>;

/** A line of the permission review. */
export interface Row {
  /** Unique in the table; the same resource has the same in the table of another role. */
  id: string;
  name: string;
  cells: Cells;
  /** Privileges that a function lends while it runs. */
  promotes: readonly string[];
  /** Attributes, of a dataclass. */
  children: readonly Row[];
  /** A rule of its own: an attribute decided otherwise than its dataclass. */
  differs: boolean;
}

export interface Group {
  title: string;
  rows: readonly Row[];
}

/** Functions of dataclasses stand where their first class is; permissions are the same for all of a name. */
const KINDS = [
  ['dataclass', 'Dataclass functions'],
  ['entity', 'Entity functions'],
  ['selection', 'Selection functions'],
  [undefined, 'Functions that only roles.json names'],
] as const;

type Func = Resolved['datastore']['functions'][number];

/** The groups of the review in their order (roles-privileges 10). */
export function groupsOf(resolved: Resolved): Group[] {
  const { datastore, dataclasses, singletons } = resolved;
  const groups: Group[] = [
    { title: 'Datastore', rows: [row('ds', 'Datastore', datastore)] },
    { title: 'Datastore functions', rows: functions('ds', datastore.functions) },
    { title: 'Dataclasses and attributes', rows: sorted(dataclasses.map((dataclass) => dataclassRow(dataclass))) },
    ...KINDS.map(([kind, title]) => ({ title, rows: sorted(dataclasses.flatMap(({ name, functions: own }) => functions(name, own.filter(({ kinds }) => kinds[0] === kind)))) })),
    { title: 'Singletons', rows: sorted(singletons.map((singleton) => row(`singleton ${singleton.name}`, singleton.name, { execute: singleton.execute }))) },
    { title: 'Singleton functions', rows: sorted(singletons.flatMap(({ name, functions: own }) => functions(name, own))) },
  ];
  return groups.filter(({ rows }) => rows.length > 0);
}

function dataclassRow(dataclass: Resolved['dataclasses'][number]): Row {
  const attributes = dataclass.attributes.map(({ name, create, read, update, drop }) => {
    const cells = { create, read, update, drop };
    const differs = (['create', 'read', 'update', 'drop'] as const).some((action) => !same(cells[action], dataclass[action]));
    return { ...row(`${dataclass.name}.${name}`, name, cells), differs };
  });
  return { ...row(dataclass.name, dataclass.name, dataclass), children: sorted(attributes) };
}

function functions(scope: string, own: readonly Func[]): Row[] {
  return sorted(own.map(({ name, execute, promotes }) => ({ ...row(`${scope}.${name}()`, `${scope}.${name}`, { execute }), promotes })));
}

function row(id: string, name: string, { read, create, update, drop, execute }: Cells): Row {
  const cells: Cells = {
    ...(read && { read }),
    ...(create && { create }),
    ...(update && { update }),
    ...(drop && { drop }),
    ...(execute && { execute }),
  };
  return { id, name, cells, promotes: [], children: [], differs: false };
}

function same(one: Decision | undefined, other: Decision): boolean {
  return one?.allowed === other.allowed && one.by === other.by;
}

function sorted(rows: Row[]): Row[] {
  return rows.sort((one, other) => one.name.localeCompare(other.name));
}

export interface Shown {
  /** Part of a name, without case. */
  q: string;
  /** Only attributes that differ from their dataclass, and the dataclasses of these. */
  differing: boolean;
  /** IDs of the dataclasses whose attributes are shown. */
  open: ReadonlySet<string>;
}

export interface ShownRow extends Row {
  depth: 0 | 1;
  /** Its attributes are shown; null when it has none to show. */
  expanded: boolean | null;
}

/** The rows to draw: filtered, and attributes only below open dataclasses. A dataclass opens by itself when the filter found an attribute. */
export function shownRows(group: Group, { q, differing, open }: Shown): ShownRow[] {
  const fits = (name: string) => name.toLowerCase().includes(q.trim().toLowerCase());
  return group.rows.flatMap((item): ShownRow[] => {
    const eligible = differing ? item.children.filter((child) => child.differs) : item.children;
    const found = fits(item.name) ? eligible : eligible.filter((child) => fits(child.name));
    if (found.length === 0 && (differing || !fits(item.name))) return [];
    const forced = differing || (q.trim() !== '' && !fits(item.name));
    const expanded = forced || open.has(item.id);
    const head: ShownRow = { ...item, depth: 0, expanded: found.length === 0 ? null : expanded };
    return expanded ? [head, ...found.map((child): ShownRow => ({ ...child, depth: 1, expanded: null }))] : [head];
  });
}

/** Cells of all rows by their IDs, to look up those of a second role. */
export function cellsById(groups: readonly Group[]): ReadonlyMap<string, Cells> {
  return new Map(groups.flatMap(({ rows }) => rows).flatMap((item) => [item, ...item.children]).map(({ id, cells }) => [id, cells]));
}
