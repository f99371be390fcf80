import { useState, type FormEvent } from 'react';
import { ApiProblem } from '../../api/problem';

/** Sends a form once, keeps what the server refused. */
export function useSubmit(send: () => Promise<void>) {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await send();
    } catch (error) {
      setProblem(ApiProblem.from(error));
    }
    setBusy(false);
  };
  return { problem, busy, submit };
}
