/** Where the console is served: everything up to and including `/console`, whatever prefix a proxy puts before it. */
export const CONSOLE_PATH = consolePath(location.pathname);

/** What stands before `/console`; for a derived endpoint also before `/rest/…`. */
export const PREFIX = CONSOLE_PATH.slice(0, -'/console'.length);

/** The base of API paths (`/console/api/…`): with its origin, so that no path can be taken for another host. */
export const API_BASE = location.origin + PREFIX;

function consolePath(pathname: string): string {
  // Two slashes at the beginning of an address would name a host.
  const parts = pathname.replace(/^\/+/, '/').split('/');
  // Routes are flat, so `console` is the last segment but one, or the last.
  const at = parts.lastIndexOf('console');
  return at < 0 ? '/console' : parts.slice(0, at + 1).join('/');
}
