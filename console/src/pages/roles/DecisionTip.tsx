import { Portal } from '@mantine/core';
import { useEffect, useState, type RefObject } from 'react';
import classes from './DecisionTip.module.css';

interface Tip {
  title: string;
  rule: string;
  more: string;
  x: number;
  y: number;
  below: boolean;
}

/** One tip for all cells of the table: for the pointer and for the keyboard. Screen readers have the same text as the cell's name. */
export function DecisionTip({ table }: { table: RefObject<HTMLTableElement | null> }) {
  const [tip, setTip] = useState<Tip | null>(null);
  useEffect(() => {
    const element = table.current;
    if (element === null) return undefined;
    const show = (event: Event) => setTip(tipOf(event.target));
    const hide = () => setTip(null);
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && hide();
    element.addEventListener('pointerover', show);
    element.addEventListener('focusin', show);
    element.addEventListener('pointerleave', hide);
    element.addEventListener('focusout', hide);
    window.addEventListener('keydown', onKey);
    // The cell moves away below the tip.
    window.addEventListener('scroll', hide, { capture: true, passive: true });
    return () => {
      element.removeEventListener('pointerover', show);
      element.removeEventListener('focusin', show);
      element.removeEventListener('pointerleave', hide);
      element.removeEventListener('focusout', hide);
      window.removeEventListener('keydown', onKey);
      window.removeEventListener('scroll', hide, { capture: true });
    };
  }, [table]);
  if (tip === null) return null;
  return (
    <Portal>
      <div className={classes.tip} data-below={tip.below || undefined} style={{ left: tip.x, top: tip.y }} role="tooltip">
        <strong>{tip.title}</strong>
        <span className="mono">{tip.rule}</span>
        {tip.more !== '' && <span>{tip.more}</span>}
      </div>
    </Portal>
  );
}

/** Half of the tip's greatest width, to stay inside the window. */
const HALF = 168;

function tipOf(target: EventTarget | null): Tip | null {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-cell]') : null;
  if (cell === null) return null;
  const { title = '', rule = '', more = '' } = cell.dataset;
  const box = cell.getBoundingClientRect();
  const middle = box.left + box.width / 2;
  const below = box.top < 160;
  const x = Math.max(HALF + 8, Math.min(middle, document.documentElement.clientWidth - HALF - 8));
  return { title, rule, more, x, y: below ? box.bottom + 6 : box.top - 6, below };
}
