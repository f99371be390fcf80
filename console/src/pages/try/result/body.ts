import type { TryAnswer } from '../queries';

/** Digits that a number of JavaScript would not keep. */
const LONG_NUMBER = /[-\d.eE+]{16,}/;

/** JSON with line breaks and indents, anything else as it is. */
export function formattedBody({ body, truncated }: TryAnswer): string {
  // Cut JSON cannot be read, and long numbers would lose digits on the way: both are indented as text.
  if (!/^\s*[[{]/.test(body)) return body;
  if (truncated || LONG_NUMBER.test(body)) return indentedText(body);
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** Breaks lines at brackets and commas outside of texts, without reading values. */
function indentedText(body: string): string {
  let depth = 0;
  return body.replace(/"(?:[^"\\]|\\.)*"?|[[\]{},:]|\s+/g, (part) => {
    if (part.startsWith('"')) return part;
    if (part === '{' || part === '[') return `${part}\n${'  '.repeat((depth += 1))}`;
    if (part === '}' || part === ']') return `\n${'  '.repeat((depth = Math.max(0, depth - 1)))}${part}`;
    if (part === ',') return `,\n${'  '.repeat(depth)}`;
    return part === ':' ? ': ' : '';
  });
}

/** Lines in portions, to draw no more than is looked at. */
export function chunksOf(text: string, lines = 200): string[] {
  const all = text.split('\n');
  const chunks: string[] = [];
  for (let at = 0; at < all.length; at += lines) chunks.push(all.slice(at, at + lines).join('\n'));
  return chunks;
}
