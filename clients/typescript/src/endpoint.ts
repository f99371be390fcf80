// Where a datastore is: the rules CI-1 to CI-4 (remote-datastore 1.2).

import { Misuse } from "./errors.js";

/** The address below which `/rest/` stands. @internal */
export interface Endpoint {
  /** `https://library.example.org/prefix`, without a slash at the end. */
  base: string;
  /** `library.example.org:443`: how the host is called in errors and in `getInfo`. */
  host: string;
  tls: boolean;
}

/** `tlsByDefault` decides for host names without scheme and without `tls`; undefined: TLS except on the machine itself. @internal */
export function endpointOf(given: string, tls: boolean | undefined, tlsByDefault: boolean | undefined): Endpoint {
  const hostname = given.trim();
  if (hostname === "") throw new Misuse("`hostname` is missing.");
  // Nowhere, because it would be shown: what stands before the host, or what looks like a path, may be a password.
  if (/[@\\]/.test(hostname)) throw new Misuse("`hostname` must not carry a name or password.");
  const hasScheme = hostname.includes("://");
  let url = read(hasScheme ? hostname : `https://${hostname}`);
  if (url.search !== "" || url.hash !== "") throw new Misuse("`hostname` must not have a query or fragment.");
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(url.hostname);
  let isSecure: boolean;
  if (hasScheme) {
    if (url.protocol !== "https:" && url.protocol !== "http:") throw new Misuse("`hostname` has another scheme than http or https.");
    isSecure = url.protocol === "https:";
    if (!isSecure && tls === true) throw new Misuse("`tls` is asked for, but `hostname` begins with http://.");
  } else {
    isSecure = tls ?? tlsByDefault ?? !isLoopback;
  }
  // The port that was written stays: read anew, because 443 counts as none with https.
  if (!isSecure && !hasScheme) url = read(`http://${hostname}`);
  const path = url.pathname.replace(/\/+$/, "");
  const prefix = path.replace(/(^|\/)rest$/, "").replace(/\/+$/, "");
  const host = `${url.hostname}:${url.port === "" ? (isSecure ? 443 : 80) : url.port}`;
  return { base: `${isSecure ? "https" : "http"}://${host}${prefix}`, host, tls: isSecure };
}

function read(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The parser's own words would repeat the address, which may hold a password.
    throw new Misuse("`hostname` is no address.");
  }
  if (url.hostname === "") throw new Misuse("`hostname` names no host.");
  return url;
}
