import { useCallback, useState } from "react";

export interface Action<A extends unknown[]> {
  /** Resolves true where it was done, false where it failed: then `failure` says why. */
  run: (...given: A) => Promise<boolean>;
  isRunning: boolean;
  failure: unknown;
  clear: () => void;
}

/** Something that a button does: once at a time, and its failure is kept for the page to show. */
export function useAction<A extends unknown[]>(act: (...given: A) => Promise<unknown>): Action<A> {
  const [isRunning, setRunning] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const run = async (...given: A) => {
    if (isRunning) return false;
    setRunning(true);
    setFailure(null);
    try {
      await act(...given);
      return true;
    } catch (error) {
      setFailure(error);
      return false;
    } finally {
      setRunning(false);
    }
  };
  const clear = useCallback(() => setFailure(null), []);
  return { run, isRunning, failure, clear };
}
