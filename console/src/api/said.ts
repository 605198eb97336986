/* The service's sentences in Japanese. The table is fetched where somebody reads Japanese, and only there. */

type Translate = (text: string) => string | null;

let translate: Translate | null = null;
let leadOf: (code: string) => string = () => "";
let loading: Promise<void> | null = null;

/** Resolves once sentences can be shown in Japanese; at once where they can be already. */
export function prepare(): Promise<void> {
  loading ??= import("./sentences").then(({ sentences, leads }) => {
    translate = translator(sentences);
    leadOf = (code) => leads.find(([pattern]) => pattern.test(code))?.[1] ?? "";
  });
  return loading;
}

/** What `text` says, in Japanese; null for what the table does not have, or before `prepare`. */
export function inJapanese(text: string): string | null {
  return translate?.(text) ?? null;
}

/** What can be said in Japanese of an error with this code, whatever its text; "" for nothing. */
export function leadInJapanese(code: string): string {
  return leadOf(code);
}

const HOLE = /\{(\w+)\}/g;

/** Texts that say more of a sentence are tried before those that say less. */
function translator(sentences: readonly (readonly [string, string])[]): Translate {
  const literal = (english: string) => english.replace(HOLE, "").length;
  const known = [...sentences]
    .sort(([one], [other]) => literal(other) - literal(one))
    .map(([english, japanese]) => ({ pattern: patternOf(english), names: namesOf(english), japanese }));
  const one: Translate = (text) => {
    for (const { pattern, names, japanese } of known) {
      const found = pattern.exec(text);
      if (found) return japanese.replace(HOLE, (_, name: string) => shown(found[names.indexOf(name) + 1] ?? ""));
    }
    return null;
  };
  const shown = (value: string): string => one(value) ?? several(value) ?? value;
  /** Violations of constraints are told one after the other. */
  const several = (value: string): string | null => {
    const parts = value.split(/; (?=Value )/);
    return parts.length > 1 ? parts.map((part) => one(part) ?? part).join(" ") : null;
  };
  return one;
}

function patternOf(english: string): RegExp {
  const parts = english.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("([^]*?)")}$`);
}

function namesOf(english: string): string[] {
  return [...english.matchAll(HOLE)].map((found) => found[1] ?? "");
}
