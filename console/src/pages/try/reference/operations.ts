import type { OpenApi, Operation } from '../document';

export interface Entry {
  method: string;
  path: string;
  operation: Operation;
}

interface EntryGroup {
  title: string;
  operations: readonly Entry[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head'];

/** Operations by their tag, else by the first part of their path. */
export function operationsOf(document: OpenApi): EntryGroup[] {
  const groups = new Map<string, Entry[]>();
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation === undefined || Array.isArray(operation)) continue;
      const shared = Array.isArray(item['parameters']) ? item['parameters'] : [];
      const title = operation.tags?.[0] ?? (path.startsWith('/rest/$catalog') ? 'Catalog' : path);
      const entry = { method: method.toUpperCase(), path, operation: { ...operation, parameters: [...shared, ...(operation.parameters ?? [])] } };
      groups.set(title, [...(groups.get(title) ?? []), entry]);
    }
  }
  return [...groups].map(([title, operations]) => ({ title, operations }));
}
