/** The parts of an OpenAPI 3.1 document that are read here. It comes from the server; everything may be absent. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  readOnly?: boolean;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  'x-kind'?: string;
  'x-related'?: string;
  'x-key'?: unknown;
}

export interface Parameter {
  $ref?: string;
  name?: string;
  in?: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface Content {
  $ref?: string;
  description?: string;
  content?: Record<string, { schema?: Schema }>;
}

export interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: Content;
  responses?: Record<string, Content>;
}

export interface OpenApi {
  openapi?: string;
  info?: { title?: string; version?: string; description?: string };
  paths?: Record<string, Record<string, Operation | Parameter[]>>;
  components?: { schemas?: Record<string, Schema>; parameters?: Record<string, Parameter>; responses?: Record<string, Content> };
}

interface Attribute {
  name: string;
  /** `storage`, `calculated`, `alias`, `relatedEntity`, `relatedEntities`, as the model calls them. */
  kind: string;
  /** The dataclass a relation leads to. */
  related: string | undefined;
  isKey: boolean;
  schema: Schema;
}

export interface Dataclass {
  name: string;
  attributes: readonly Attribute[];
  /** What a save may name. */
  saved: readonly Attribute[];
}

/** Dataclasses of the document: what has a path of its own below `/rest/`. */
export function dataclassesOf(document: OpenApi): Dataclass[] {
  const schemas = document.components?.schemas ?? {};
  const names = Object.keys(document.paths ?? {}).flatMap((path) => /^\/rest\/([^/$({[]+)$/.exec(path)?.[1] ?? []);
  return names.map((name) => ({
    name,
    attributes: attributesOf(schemas[component(name)]),
    saved: attributesOf(schemas[`${component(name)}.save`]),
  }));
}

/** The name of a dataclass as part of a schema's name, which has fewer characters. */
function component(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/gu, (character) => `.u${(character.codePointAt(0) ?? 0).toString(16)}.`);
}

/** What a reference leads to, by the last part of its name. */
export function resolve<T extends { $ref?: string }>(value: T, known: Record<string, T> | undefined): T {
  return value.$ref === undefined ? value : (known?.[lastPart(value.$ref)] ?? value);
}

function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

function attributesOf(schema: Schema | undefined): Attribute[] {
  const merged = [schema, ...(schema?.allOf ?? [])].map((part) => part?.properties ?? {});
  return Object.entries(Object.assign({}, ...merged) as Record<string, Schema>)
    .filter(([name]) => !name.startsWith('__'))
    .map(([name, property]) => ({
      name,
      kind: property['x-kind'] ?? 'storage',
      related: property['x-related'],
      isKey: property['x-key'] !== undefined && property['x-key'] !== false,
      schema: property,
    }));
}

export function isRelation({ kind }: Attribute): boolean {
  return kind === 'relatedEntity' || kind === 'relatedEntities';
}

/** Attributes that a filter or an attribute list may name: those of the dataclass, and those one relation away. */
export function namesOf(dataclass: Dataclass | undefined, all: readonly Dataclass[]): string[] {
  if (dataclass === undefined) return [];
  const near = dataclass.attributes.map(({ name }) => name);
  const far = dataclass.attributes.filter(isRelation).flatMap(({ name, related }) => {
    const target = all.find((one) => one.name === related);
    return [`${name}.*`, ...(target?.attributes.filter((one) => !isRelation(one)).map((one) => `${name}.${one.name}`) ?? [])];
  });
  return [...near, ...far];
}

/** `string, date-time`; the name of a schema; `array of Book`. */
export function typeText(schema: Schema | undefined): string {
  if (schema === undefined) return 'anything';
  if (schema.$ref !== undefined) return lastPart(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choice = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (choice !== undefined) return choice.map(typeText).join(schema.allOf === undefined ? ' or ' : ' and ');
  if (schema.enum !== undefined) return schema.enum.map(String).join(', ');
  const types = [schema.type ?? 'anything'].flat();
  const named = types.map((type) => (type === 'array' ? `array of ${typeText(schema.items)}` : type)).join(' or ');
  return schema.format === undefined ? named : `${named}, ${schema.format}`;
}

/** A body to begin with: what a save may name, with an empty value of its type. */
export function template(dataclass: Dataclass): string {
  const written = dataclass.saved.filter(({ kind, isKey }) => kind === 'storage' && !isKey);
  return JSON.stringify(Object.fromEntries(written.map(({ name, schema }) => [name, emptyValue(schema)])), null, 2);
}

function emptyValue(schema: Schema): unknown {
  const types = [schema.type].flat();
  if (types.includes('number') || types.includes('integer')) return 0;
  if (types.includes('boolean')) return false;
  // A form that is described in words cannot be guessed.
  return types.includes('string') && schema.format === undefined && schema.description === undefined ? '' : null;
}
