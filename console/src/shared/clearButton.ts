/** Mantine hides the clear button of a list from the keyboard and from screen readers; with these properties it is an ordinary button. */
export function clearButton(label: string): { 'aria-label': string; 'aria-hidden': undefined; tabIndex: number } {
  return { 'aria-label': `Clear ${label.toLowerCase()}`, 'aria-hidden': undefined, tabIndex: 0 };
}
