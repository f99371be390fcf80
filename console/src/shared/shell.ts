/** A text as one word of a shell: in single quotes, where a shell replaces nothing. */
export function shell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
