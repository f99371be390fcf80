import { useEffect, useRef, useState } from 'react';

const WAIT = 300;

/** A text field whose value goes to the address shortly after typing, and follows the address when that changes otherwise. */
export function useTyped(value: string | undefined, commit: (value: string | undefined) => void): [string, (text: string) => void] {
  const [typed, setTyped] = useState(value ?? '');
  const timer = useRef<number>(undefined);
  const sent = useRef(value);
  const committed = useRef(commit);
  useEffect(() => {
    committed.current = commit;
  });
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    window.clearTimeout(timer.current);
    setTyped(value ?? '');
  }, [value]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const type = (text: string) => {
    setTyped(text);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      sent.current = text === '' ? undefined : text;
      committed.current(sent.current);
    }, WAIT);
  };
  return [typed, type];
}
