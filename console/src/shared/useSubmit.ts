import { useRef, useState, type FormEvent } from 'react';
import { ApiProblem } from '../api/problem';

/** Sends a form once at a time and keeps what the server refused. A second click while it is on its way does nothing. */
export function useSubmit(send: () => Promise<void>) {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  // State comes too late for two clicks in a row.
  const running = useRef(false);
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await send();
    } catch (error) {
      setProblem(ApiProblem.from(error));
    }
    running.current = false;
    setBusy(false);
  };
  return { problem, busy, submit, clear: () => setProblem(null) };
}
