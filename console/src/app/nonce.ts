/** The nonce that the server put into the page: style sheets made at run time carry it, as the content security policy wants. */
export function nonce(): string {
  return document.querySelector('meta[name="csp-nonce"]')?.getAttribute('content') ?? '';
}
