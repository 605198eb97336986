/* Every text of the console, in both languages, side by side.

   Owns the language that is shown. A text is a pair, English before Japanese, so that neither can be forgotten. */

import { createContext, useContext } from "react";

export type Language = "en" | "ja";

/** English, Japanese. A text that depends on something is a pair of functions. */
export type Pair<T = string> = readonly [en: T, ja: T];

type Words = Record<string, Pair<unknown>>;
type Same<A, B> = A extends (...given: infer G) => string ? (B extends (...given: G) => string ? B : never) : string;
type Checked<W extends Words> = { [K in keyof W]: readonly [W[K][0], Same<W[K][0], W[K][1]>] };
export type Spoken<W extends Words> = { readonly [K in keyof W]: W[K][0] extends string ? string : W[K][0] };

export function define<const W extends Words>(words: W & Checked<W>): W {
  return words;
}

export const LanguageContext = createContext<Language>("en");

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

const spoken = new WeakMap<Words, Partial<Record<Language, unknown>>>();

/** The texts in one language; the same object each time. */
export function inLanguage<W extends Words>(words: W, language: Language): Spoken<W> {
  const known = spoken.get(words) ?? {};
  spoken.set(words, known);
  const side = language === "en" ? 0 : 1;
  known[language] ??= Object.fromEntries(Object.entries(words).map(([name, pair]) => [name, pair[side]]));
  return known[language] as Spoken<W>;
}

export function useWords<W extends Words>(words: W): Spoken<W> {
  return inLanguage(words, useLanguage());
}

export function useText(): (pair: Pair) => string {
  const language = useLanguage();
  return (pair) => (language === "en" ? pair[0] : pair[1]);
}
