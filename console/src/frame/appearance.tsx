/* Language and light or dark, as the browser asks until the user chooses. Kept in the browser, and in the user's profile. */

import { I18nProvider } from "@cloudscape-design/components/i18n";
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useState,
} from "react";
import { tayori } from "../api/client";
import { useSessionHolder } from "./session";
import { type Language, LanguageContext } from "./words";

export type Theme = "light" | "dark" | "system";

interface Appearance {
  language: Language;
  theme: Theme;
  isDark: boolean;
  choose: (change: { language?: Language; theme?: Theme }) => void;
}

const Context = createContext<Appearance>({ language: "en", theme: "system", isDark: false, choose: () => {} });
type Messages = Parameters<typeof I18nProvider>[0]["messages"];

export function useAppearance(): Appearance {
  return useContext(Context);
}

const DARK = "(prefers-color-scheme: dark)";

function kept(name: string): string | null {
  try {
    return localStorage.getItem(`tayori.${name}`);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`tayori.${name}`, value);
  } catch {}
}

function firstLanguage(): Language {
  const known = kept("language") ?? navigator.language;
  return known.startsWith("ja") ? "ja" : "en";
}

const MESSAGES: Record<Language, () => Promise<{ default: Messages[number] }>> = {
  en: () => import("@cloudscape-design/components/i18n/messages/all.en"),
  ja: () => import("@cloudscape-design/components/i18n/messages/all.ja"),
};

export function AppearanceProvider({ children }: { children: ReactNode }) {
  const { session } = useSessionHolder();
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const [theme, setTheme] = useState<Theme>(() => (kept("theme") as Theme | null) ?? "system");
  const [messages, setMessages] = useState<{ of: Language; all: Messages } | null>(null);
  const user = session?.signedIn ? session.user : null;

  useEffect(() => {
    if (user?.language === "en" || user?.language === "ja") setLanguage(user.language);
    if (user?.theme === "light" || user?.theme === "dark") setTheme(user.theme);
  }, [user?.language, user?.theme]);

  useEffect(() => {
    let isCurrent = true;
    void MESSAGES[language]().then((found) => isCurrent && setMessages({ of: language, all: [found.default] }));
    document.documentElement.lang = language;
    keep("language", language);
    return () => {
      isCurrent = false;
    };
  }, [language]);

  const [isNight, setNight] = useState(() => window.matchMedia(DARK).matches);
  useEffect(() => {
    const dark = window.matchMedia(DARK);
    const note = () => setNight(dark.matches);
    dark.addEventListener("change", note);
    return () => dark.removeEventListener("change", note);
  }, []);
  const isDark = theme === "dark" || (theme === "system" && isNight);
  useLayoutEffect(() => applyMode(isDark ? Mode.Dark : Mode.Light), [isDark]);
  useEffect(() => keep("theme", theme), [theme]);

  const choose = useCallback(
    (change: { language?: Language; theme?: Theme }) => {
      if (change.language) setLanguage(change.language);
      if (change.theme) setTheme(change.theme);
      const profile = { ...change, ...(change.theme === "system" ? { theme: "" } : {}) };
      if (user) void tayori("PATCH", "/tayori/console/user", profile).catch(() => {}); // kept in the browser all the same
    },
    [user],
  );
  const appearance = useMemo(() => ({ language, theme, isDark, choose }), [language, theme, isDark, choose]);
  if (!messages) return null;
  return (
    <Context.Provider value={appearance}>
      <LanguageContext.Provider value={messages.of}>
        <I18nProvider locale={messages.of} messages={messages.all}>
          {children}
        </I18nProvider>
      </LanguageContext.Provider>
    </Context.Provider>
  );
}
