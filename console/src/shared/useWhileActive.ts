import { useSyncExternalStore } from 'react';

/** A page that nobody has touched for so long asks for nothing by itself: otherwise its session would never run out. */
const IDLE_AFTER = 5 * 60_000;

// Wheel and touch stand for scrolling: a page that changes its height scrolls by itself.
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchmove'] as const;
let lastAt = Date.now();
let active = true;
let pointerAt = '';
const listeners = new Set<() => void>();

function become(next: boolean): void {
  if (next === active) return;
  active = next;
  for (const listener of listeners) listener();
}

function look(): void {
  const left = lastAt + IDLE_AFTER - Date.now();
  if (left <= 0) become(false);
  else window.setTimeout(look, left);
}

function touched(event: Event): void {
  // Browsers tell of a resting pointer when the page moves below it.
  if (event.type === 'pointermove' && event instanceof PointerEvent) {
    const place = `${event.screenX} ${event.screenY}`;
    if (place === pointerAt) return;
    pointerAt = place;
  }
  lastAt = Date.now();
  if (active) return;
  become(true);
  window.setTimeout(look, IDLE_AFTER);
}

for (const sign of SIGNS) window.addEventListener(sign, touched, { capture: true, passive: true });
window.setTimeout(look, IDLE_AFTER);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** True while the person has done something in the last minutes. */
export function isActive(): boolean {
  return Date.now() - lastAt < IDLE_AFTER;
}

/** For `refetchInterval`: so many milliseconds while somebody is there, otherwise never. */
export function useWhileActive(interval: number): number | false {
  return useSyncExternalStore(subscribe, () => active) ? interval : false;
}
