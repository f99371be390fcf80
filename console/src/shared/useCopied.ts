import { useCallback, useEffect, useRef, useState } from 'react';
import { announce } from './announce';
import { copyText } from './clipboard';

/** `done` stays for two seconds after a copy, `failed` when the browser refused. */
export type CopyState = 'idle' | 'done' | 'failed';

/** Copies and tells so, to the eye and to the ear. */
export function useCopied(): { state: CopyState; copy: (text: string) => Promise<boolean> } {
  const [state, setState] = useState<CopyState>('idle');
  const timer = useRef<number>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const copy = useCallback(async (text: string) => {
    const done = await copyText(text);
    setState(done ? 'done' : 'failed');
    announce(done ? 'Copied' : 'The browser does not allow copying.');
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setState('idle'), 2_000);
    return done;
  }, []);
  return { state, copy };
}
