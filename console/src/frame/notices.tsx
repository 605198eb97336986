/* What is told once, at the top of the page, after something was done: `useNotices().tell("success", "…")`. */

import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { define, useWords } from "./words";

const words = define({ dismiss: ["Dismiss", "閉じる"], notices: ["Notifications", "通知"] });

type Kind = "success" | "error" | "info" | "warning" | "in-progress";
interface Notices {
  tell: (kind: Kind, text: ReactNode, options?: { header?: ReactNode; id?: string }) => void;
  clear: () => void;
}

const Context = createContext<Notices>({ tell: () => {}, clear: () => {} });
const Items = createContext<FlashbarProps.MessageDefinition[]>([]);

let last = 0;

export function NoticesProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<FlashbarProps.MessageDefinition[]>([]);
  const t = useWords(words);
  const drop = useCallback((id: string) => setItems((known) => known.filter((one) => one.id !== id)), []);
  const notices = useMemo<Notices>(
    () => ({
      tell: (kind, text, options = {}) => {
        last += 1;
        const id = options.id ?? `notice-${last}`;
        const item: FlashbarProps.MessageDefinition = {
          id,
          type: kind === "in-progress" ? "info" : kind,
          loading: kind === "in-progress",
          header: options.header,
          content: text,
          dismissible: true,
          dismissLabel: t.dismiss,
          onDismiss: () => drop(id),
          ariaRole: kind === "error" ? "alert" : "status",
        };
        setItems((known) => [item, ...known.filter((one) => one.id !== id)].slice(0, 4));
      },
      clear: () => setItems([]),
    }),
    [drop, t],
  );
  return (
    <Context.Provider value={notices}>
      <Items.Provider value={items}>{children}</Items.Provider>
    </Context.Provider>
  );
}

export function useNotices(): Notices {
  return useContext(Context);
}

export function NoticeBar() {
  const items = useContext(Items);
  const t = useWords(words);
  return <Flashbar items={items} i18nStrings={{ ariaLabel: t.notices }} />;
}
