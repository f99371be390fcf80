/** IP addresses and ranges as the server reads them; the messages are its own (`hosts.rs`). */
const NOT_AN_ADDRESS = 'This must be an IP address (192.0.2.1, 2001:db8::1) or a range (192.0.2.0/24).';
const EVERYTHING = 'This range holds every address; remove all addresses to allow every host.';

/** What is wrong with a line; nothing when it can be taken. */
export function hostProblem(line: string): string | undefined {
  const [address = '', prefix, ...more] = line.trim().split('/');
  const bits = isV4(address) ? 32 : isV6(address) ? 128 : 0;
  if (bits === 0 || more.length > 0) return NOT_AN_ADDRESS;
  if (prefix === undefined) return undefined;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return NOT_AN_ADDRESS;
  return Number(prefix) === 0 ? EVERYTHING : undefined;
}

function isV4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isV6(text: string): boolean {
  const [address = '', zone, ...more] = text.split('%');
  if (zone === '' || more.length > 0) return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  // The last two groups may be written as an IPv4 address.
  const hasV4 = last.includes('.');
  if (hasV4 && (!isV4(last) || address.endsWith('::'))) return false;
  const hex = hasV4 ? groups.slice(0, -1) : groups;
  const count = hex.length + (hasV4 ? 2 : 0);
  return hex.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}
