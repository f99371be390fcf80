let region: HTMLElement | null = null;

/** Says a short text to screen readers. */
export function announce(text: string): void {
  if (region === null) {
    region = document.createElement('div');
    region.className = 'visually-hidden';
    region.setAttribute('role', 'status');
    document.body.append(region);
  }
  const target = region;
  // The same text twice is said twice only when it was gone in between.
  target.textContent = '';
  window.setTimeout(() => {
    target.textContent = text;
  }, 50);
}
