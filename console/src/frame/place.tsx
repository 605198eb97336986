/* Where one is: account and region stand in the address, so that every state can be shared.

   Owns how addresses inside of the console are made. `/console/<account>/<region>/<page>`. */

import Link, { type LinkProps } from "@cloudscape-design/components/link";
import { useCallback, useEffect, useRef, useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { type Role, suffices, useSession } from "./session";

export interface Place {
  account: string;
  region: string;
}

export function usePlace(): Place {
  const { account = "", region = "" } = useParams();
  return { account, region };
}

/** The role here, and whether it suffices: `useRole().may("administrator")`. */
export function useRole(): { role: Role; may: (needed: Role) => boolean } {
  const session = useSession();
  const { account } = usePlace();
  const role = session.user.operator
    ? "operator"
    : (session.accounts.find((one) => one.id === account)?.role ?? "viewer");
  return { role, may: (needed) => suffices(role, needed) };
}

export const BASE = "/console";

/** A page's path for the router: `identities/example.com` of the place one is at. Each part encoded by `segment`. */
export function usePath(): (page: string) => string {
  const { account, region } = usePlace();
  return useCallback((page: string) => `/${account}/${region}/${page.replace(/^\//, "")}`, [account, region]);
}

/** The address for the browser, such as an href. */
export function useHref(): (page: string) => string {
  const path = usePath();
  return useCallback((page: string) => BASE + path(page), [path]);
}

/** Goes to a page of the place one is at. */
export function useGo(): (page: string, how?: { replace?: boolean }) => void {
  const navigate = useNavigate();
  const path = usePath();
  return useCallback((page, how) => void navigate(path(page), how), [navigate, path]);
}

export function segment(name: string): string {
  return encodeURIComponent(name);
}

/** A link to a page of the console, which does not load it anew. */
export function GoLink({ to, ...rest }: { to: string } & Omit<LinkProps, "href" | "onFollow">) {
  const go = useGo();
  const href = useHref();
  return (
    <Link
      {...rest}
      href={href(to)}
      onFollow={(event) => {
        event.preventDefault();
        go(to);
      }}
    />
  );
}

/** One value of the address's query: a tab, a filter, a page. Its default is not written out.

    What is typed shows at once: the address follows a moment later, and a text field that waited for it would lose
    letters, and with them what an input method is composing. */
export function useAddressed(name: string, otherwise = ""): [string, (value: string) => void] {
  const [search, setSearch] = useSearchParams();
  const addressed = search.get(name) ?? otherwise;
  const [value, setValue] = useState(addressed);
  const underWay = useRef<string[]>([]);
  useEffect(() => {
    const at = underWay.current.indexOf(addressed);
    if (at >= 0) underWay.current.splice(0, at + 1);
    else setValue(addressed); // not ours: a link, or the way back
  }, [addressed]);
  const set = useCallback(
    (next: string) => {
      setValue(next);
      underWay.current.push(next);
      setSearch(
        (given) => {
          const changed = new URLSearchParams(given);
          if (next === otherwise) changed.delete(name);
          else changed.set(name, next);
          return changed;
        },
        { replace: true },
      );
    },
    [setSearch, name, otherwise],
  );
  return [value, set];
}
