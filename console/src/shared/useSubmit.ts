import { useRef, useState, type FormEvent } from 'react';
import { ApiProblem } from '../api/problem';

/** Sends a form once at a time and keeps what the server refused; `submit` gives it back too. A second click while it is on its way does
 *  nothing. */
export function useSubmit(send: () => Promise<void>) {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  // State comes too late for two clicks in a row.
  const running = useRef(false);
  const submit = async (event?: FormEvent): Promise<ApiProblem | null> => {
    event?.preventDefault();
    if (running.current) return null;
    running.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await send();
      return null;
    } catch (error) {
      const told = ApiProblem.from(error);
      setProblem(told);
      return told;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { problem, busy, submit, clear: () => setProblem(null) };
}
