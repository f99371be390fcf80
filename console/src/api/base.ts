/** Where the console is served: everything up to and including `/console`, whatever prefix a proxy puts before it. */
export const CONSOLE_PATH = consolePath(location.pathname);

/** What stands before `/console`: the base of API paths (`/console/api/…`) and, for a derived endpoint, of `/rest/…`. */
export const PREFIX = CONSOLE_PATH.slice(0, -'/console'.length);

function consolePath(pathname: string): string {
  const parts = pathname.split('/');
  // Routes are flat, so `console` is the last segment but one, or the last.
  const at = parts.lastIndexOf('console');
  return at < 0 ? '/console' : parts.slice(0, at + 1).join('/');
}
