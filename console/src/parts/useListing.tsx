/* A list of any length: one page at a time, by the token that the service gives for the next. Nothing else is loaded.

   The page's token stands in the address (`from`), with the filters that the page keeps there itself. */

import Pagination from "@cloudscape-design/components/pagination";
import { useCallback, useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import { type Called, useCall } from "./useCall";

export interface Paged<T> {
  items: T[];
  next?: string | null | undefined;
}

export interface Listing<T> extends Called<Paged<T>> {
  items: T[];
  /** For the `pagination` of a table. */
  pagination: React.ReactNode;
}

/** `depends`: what the list is filtered by; a change of it leads back to the first page. */
export function useListing<T>(
  ask: (token: string | undefined, signal: AbortSignal) => Promise<Paged<T>>,
  depends: readonly unknown[],
  { every, name = "from" }: { every?: number; name?: string } = {},
): Listing<T> {
  const [search, setSearch] = useSearchParams();
  const token = search.get(name) ?? undefined;
  const filter = JSON.stringify(depends);
  const [before, setBefore] = useState<(string | undefined)[]>([]);
  const [known, setKnown] = useState(filter);

  const go = useCallback(
    (to: string | undefined) =>
      setSearch((given) => {
        const changed = new URLSearchParams(given);
        if (to) changed.set(name, to);
        else changed.delete(name);
        return changed;
      }),
    [setSearch, name],
  );

  useEffect(() => {
    if (known === filter) return;
    setKnown(filter);
    setBefore([]);
    if (token) go(undefined);
  }, [filter, known, token, go]);

  const called = useCall((signal) => ask(token, signal), [filter, token], { every });
  const next = called.value?.next ?? undefined;
  const page = before.length + 1 + (token && before.length === 0 ? 1 : 0);
  const pagination =
    page === 1 && !next ? null : (
      <Pagination
        currentPageIndex={page}
        pagesCount={next ? page + 1 : page}
        openEnd={Boolean(next)}
        disabled={called.isLoading && !called.value}
        onChange={({ detail }) => {
          if (detail.currentPageIndex > page && next) {
            setBefore([...before, token]);
            go(next);
          } else if (detail.currentPageIndex < page) {
            const at = detail.currentPageIndex - 1;
            setBefore(before.slice(0, at));
            go(before[at]);
          }
        }}
      />
    );
  return { ...called, items: called.value?.items ?? [], pagination };
}

/** A list that the service gives in one piece. */
export function useWholeList<T>(
  ask: (signal: AbortSignal) => Promise<readonly T[] | undefined>,
  { every, when }: { every?: number; when?: boolean } = {},
): Listing<T> {
  const called = useCall(async (signal) => ({ items: [...((await ask(signal)) ?? [])] }), [], {
    every,
    ...(when === undefined ? {} : { when }),
  });
  return { ...called, items: called.value?.items ?? [], pagination: null };
}
