import { useEffect, type KeyboardEvent, type RefObject } from 'react';

const CELL = '[data-cell]';

/** One stop of the tab key for a whole table; arrow keys, Home and End go from cell to cell. */
export function useGridKeys(table: RefObject<HTMLTableElement | null>) {
  // Rows come and go: some cell must always be the one that Tab reaches.
  useEffect(() => {
    const cells = table.current?.querySelectorAll<HTMLElement>(CELL) ?? [];
    if (![...cells].some((cell) => cell.tabIndex === 0) && cells[0] !== undefined) cells[0].tabIndex = 0;
  });
  return (event: KeyboardEvent) => {
    const current = event.target instanceof Element ? event.target.closest<HTMLElement>(CELL) : null;
    if (current === null || table.current === null) return;
    const next = target(event.key, current, table.current);
    if (next === undefined) return;
    event.preventDefault();
    if (next === null || next === current) return;
    for (const cell of table.current.querySelectorAll<HTMLElement>(`${CELL}[tabindex="0"]`)) cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
}

/** Where a key leads; null: nowhere, undefined: this key means nothing here. */
function target(key: string, current: HTMLElement, table: HTMLTableElement): HTMLElement | null | undefined {
  const row = current.closest('tr');
  if (row === null) return undefined;
  const cells = [...row.querySelectorAll<HTMLElement>(CELL)];
  const at = cells.indexOf(current);
  if (key === 'ArrowRight') return cells[at + 1] ?? null;
  if (key === 'ArrowLeft') return cells[at - 1] ?? null;
  if (key === 'Home') return cells[0] ?? null;
  if (key === 'End') return cells.at(-1) ?? null;
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return undefined;
  const rows = [...table.querySelectorAll('tr')].filter((one) => one.querySelector(CELL) !== null);
  const other = rows[rows.indexOf(row) + (key === 'ArrowDown' ? 1 : -1)];
  return other === undefined ? null : nearest(other, current);
}

/** The cell of a row that stands nearest below or above. */
function nearest(row: Element, current: HTMLElement): HTMLElement | null {
  const left = current.getBoundingClientRect().left;
  const distance = (cell: HTMLElement) => Math.abs(cell.getBoundingClientRect().left - left);
  return [...row.querySelectorAll<HTMLElement>(CELL)].sort((one, other) => distance(one) - distance(other))[0] ?? null;
}
