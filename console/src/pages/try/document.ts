/** The parts of an OpenAPI 3.1 document that are read here. It comes from the server; everything may be absent. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
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

interface Content {
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
  components?: { schemas?: Record<string, Schema>; parameters?: Record<string, Parameter> };
}

export interface Attribute {
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
}

/** Dataclasses of the document: what has a path of its own below `/rest/`. */
export function dataclassesOf(document: OpenApi): Dataclass[] {
  const names = Object.keys(document.paths ?? {}).flatMap((path) => /^(?:\/rest)?\/([A-Za-z_]\w*)$/.exec(path)?.[1] ?? []);
  return [...new Set(names)].map((name) => ({ name, attributes: attributesOf(document.components?.schemas?.[name]) }));
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
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  const choice = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (choice !== undefined) return choice.map(typeText).join(schema.allOf === undefined ? ' or ' : ' and ');
  if (schema.enum !== undefined) return schema.enum.map(String).join(', ');
  const types = [schema.type ?? 'anything'].flat();
  const named = types.map((type) => (type === 'array' ? `array of ${typeText(schema.items)}` : type)).join(' or ');
  return schema.format === undefined ? named : `${named}, ${schema.format}`;
}

/** A body to begin with: every stored attribute, with an empty value of its type. */
export function template(dataclass: Dataclass): string {
  const written = dataclass.attributes.filter(({ kind, isKey, schema }) => kind === 'storage' && !isKey && schema.readOnly !== true);
  return JSON.stringify(Object.fromEntries(written.map(({ name, schema }) => [name, emptyValue(schema)])), null, 2);
}

function emptyValue(schema: Schema): unknown {
  const types = [schema.type].flat();
  if (types.includes('number') || types.includes('integer')) return 0;
  if (types.includes('boolean')) return false;
  return types.includes('string') && schema.format === undefined ? '' : null;
}
