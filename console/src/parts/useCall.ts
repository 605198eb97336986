import { useCallback, useEffect, useRef, useState } from "react";

export interface Called<T> {
  /** The last result; it stays while a newer one is on its way. */
  value: T | undefined;
  failure: unknown;
  isLoading: boolean;
  /** Ask again; resolves when the answer is there. */
  reload: () => Promise<void>;
}

/** Calls when the page is shown and when `depends` changes; with `every` (seconds) again and again while the page is
    in sight, so that a change shows without a reload. A reply that was overtaken is thrown away. */
export function useCall<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  depends: readonly unknown[],
  { every, when = true }: { every?: number | undefined; when?: boolean } = {},
): Called<T> {
  const [state, setState] = useState<{ value: T | undefined; failure: unknown; isLoading: boolean }>({
    value: undefined,
    failure: null,
    isLoading: when,
  });
  const asking = useRef(ask);
  asking.current = ask;
  const running = useRef<AbortController | null>(null);

  const reload = useCallback(async () => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setState((known) => ({ ...known, isLoading: true }));
    try {
      const value = await asking.current(controller.signal);
      if (!controller.signal.aborted) setState({ value, failure: null, isLoading: false });
    } catch (failure) {
      if (!controller.signal.aborted) setState((known) => ({ ...known, failure, isLoading: false }));
    } finally {
      if (running.current === controller) running.current = null;
    }
  }, []);

  useEffect(() => {
    if (!when) return;
    void reload();
    return () => running.current?.abort();
  }, [reload, when, ...depends]);

  useEffect(() => {
    if (!when || every === undefined) return;
    const timer = setInterval(() => {
      // A reply that is still on its way is waited for: a slow line would otherwise never show any.
      if (document.visibilityState === "visible" && !running.current) void reload();
    }, every * 1000);
    return () => clearInterval(timer);
  }, [reload, when, every]);

  return { ...state, reload };
}
