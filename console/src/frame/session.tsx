/* Who is signed in, where that user may act, and how the console looks to them.

   Owns the session as the pages see it. The service enforces every right; what is said here only saves people a refusal. */

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { tayori } from "../api/client";
import { takeEarly } from "../api/early";
import { jsonOf, stand } from "../api/send";

export type Role = "viewer" | "sender" | "administrator" | "operator";

export interface Account {
  id: string;
  name: string;
  role: Role;
}

export interface User {
  id: string;
  name: string;
  displayName: string;
  language: string;
  theme: string;
  operator: boolean;
}

export interface SignedIn {
  signedIn: true;
  user: User;
  /** An operator, who may enter all, is told the first of them: `moreAccounts` says that there are others. */
  accounts: Account[];
  moreAccounts: boolean;
  regions: string[];
  region: string;
  csrf: string;
  rehearsal: boolean;
  version: string;
}

export interface SignedOut {
  signedIn: false;
  ways: { password: boolean; passkeys: boolean; oidc: { id: string; name: string; nameJa: string }[] };
  firstStart: boolean;
  version: string;
}

export type Session = SignedIn | SignedOut;

interface Holder {
  session: Session | null;
  failure: unknown;
  reload: () => Promise<void>;
  signOut: () => Promise<void>;
}

const Context = createContext<Holder | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null>(null);
  const [failure, setFailure] = useState<unknown>(null);

  const reload = useCallback(async () => {
    try {
      const found = await whoIsSignedIn();
      stand({ csrf: found.signedIn ? found.csrf : "" });
      setSession(found);
      setFailure(null);
    } catch (error) {
      setFailure(error);
    }
  }, []);

  const signOut = useCallback(async () => {
    await tayori("DELETE", "/tayori/console/session");
    stand({ csrf: "", account: "", region: "" });
    await reload();
  }, [reload]);

  useEffect(() => {
    stand({ onSignedOut: () => setSession((known) => (known?.signedIn ? null : known)) });
    void reload();
  }, [reload]);

  // Signed out by the service (the session ended): ask again, which shows the sign-in page.
  useEffect(() => {
    if (session === null && failure === null) void reload();
  }, [session, failure, reload]);

  const holder = useMemo(() => ({ session, failure, reload, signOut }), [session, failure, reload, signOut]);
  return <Context.Provider value={holder}>{children}</Context.Provider>;
}

async function whoIsSignedIn(): Promise<Session> {
  const early = await takeEarly()?.catch(() => null);
  return early?.ok ? ((await jsonOf(early)) as Session) : tayori<Session>("GET", "/tayori/console/session");
}

export function useSessionHolder(): Holder {
  const holder = useContext(Context);
  if (!holder) throw new Error("outside of the session");
  return holder;
}

/** Of somebody who is signed in: every page below the layout. */
export function useSession(): SignedIn {
  const { session } = useSessionHolder();
  if (!session?.signedIn) throw new Error("nobody is signed in");
  return session;
}

const ORDER: Role[] = ["viewer", "sender", "administrator", "operator"];

/** Whether a role suffices where another is needed. */
export function suffices(role: Role, needed: Role): boolean {
  return ORDER.indexOf(role) >= ORDER.indexOf(needed);
}
