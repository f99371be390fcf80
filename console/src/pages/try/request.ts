/** What the builder builds. */
export const DOINGS = ['read', 'create', 'update', 'delete'] as const;
export type Doing = (typeof DOINGS)[number];
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const;

export interface Draft {
  doing: Doing;
  dataclass: string | null;
  /** Primary key of one entity; empty: all of them. */
  entity: string;
  filter: string;
  order: string;
  attributes: string[];
  expand: string[];
  top: string;
  skip: string;
  body: string;
}

export const EMPTY_DRAFT: Draft = {
  doing: 'read', dataclass: null, entity: '', filter: '', order: '', attributes: [], expand: [], top: '', skip: '', body: '',
};

export interface BuiltRequest {
  method: string;
  /** Path and query, encoded, beginning with `/rest/`. */
  path: string;
  /** Null: none. */
  body: string | null;
}

/** The request of a draft. A key of several parts is written as a JSON array. */
export function build(draft: Draft, isComposite: boolean): BuiltRequest {
  const { doing } = draft;
  const entity = draft.entity.trim();
  const one = doing === 'create' || entity === '' ? '' : isComposite ? `[${encode(entity.replace(/^\[|\]$/g, ''))}]` : `(${encode(entity)})`;
  const query = doing === 'read' ? readParameters(draft, one !== '') : writeParameters(draft, one !== '');
  const text = query.filter(([, value]) => value !== '').map(([name, value]) => `${name}=${parameter(value)}`);
  return {
    method: doing === 'read' ? 'GET' : 'POST',
    path: `/rest/${draft.dataclass ?? ''}${one}${text.length === 0 ? '' : `?${text.join('&')}`}`,
    body: doing === 'create' || doing === 'update' ? draft.body : null,
  };
}

type Parameters = (readonly [string, string])[];

function readParameters({ filter, order, attributes, expand, top, skip }: Draft, one: boolean): Parameters {
  const shape: Parameters = [
    ['$attributes', attributes.join(',')],
    ['$expand', expand.join(',')],
  ];
  if (one) return shape;
  return [['$filter', filter.trim()], ['$orderby', order.trim()], ...shape, ['$top', top], ['$skip', skip]];
}

function writeParameters({ doing, filter }: Draft, one: boolean): Parameters {
  if (doing !== 'delete') return [['$method', 'update']];
  return one ? [['$method', 'delete']] : [['$filter', filter.trim()], ['$method', 'delete']];
}

/** A value that begins with a quote would be read as a quoted one, so it is put into the other quotes. */
function parameter(value: string): string {
  const quote = value.startsWith('"') ? "'" : value.startsWith("'") ? '"' : '';
  return encode(`${quote}${value}${quote}`);
}

/** Percent-encoded where a URL needs it, readable elsewhere. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%(2C|3D|3A|40|24|3B)/g, (code) => decodeURIComponent(code));
}

/** A path typed by hand, encoded as a browser would. */
export function encodedPath(path: string): string {
  const { pathname, search } = new URL(`http://x${path.trim().replaceAll('#', '%23')}`);
  // The browser leaves a path's parentheses and a query's quotes as they are written or encodes them; both mean the same.
  return pathname + search;
}

/** The request can carry a body. */
export function hasBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** The request may change data: by its method, or by a `$method` in its query, which counts with GET too. */
export function isWrite({ method, path }: Pick<BuiltRequest, 'method' | 'path'>): boolean {
  return hasBody(method) || methodsOf(path).length > 0;
}

export function isDelete({ method, path }: Pick<BuiltRequest, 'method' | 'path'>): boolean {
  return method === 'DELETE' || methodsOf(path).some((value) => value.includes('delete'));
}

/** The values of `$method` in a query, however they are encoded or quoted. */
function methodsOf(path: string): string[] {
  const parameters = new URLSearchParams(path.split(/\?(.*)/s)[1] ?? '');
  return [...parameters].filter(([name]) => name.trim().toLowerCase() === '$method').map(([, value]) => value.toLowerCase());
}

/** What is wrong with a body; undefined when it is JSON, or empty. */
export function bodyProblem(body: string): string | undefined {
  if (body.trim() === '') return undefined;
  try {
    JSON.parse(body);
    return undefined;
  } catch (error) {
    return `This is not JSON yet: ${error instanceof Error ? error.message : 'it cannot be read'}`;
  }
}
