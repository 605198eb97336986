/* What a form checks before it sends: the bounds of AWS's model, and addresses and names as the service reads them. */

import { type Limit, limits } from "../api/sesv2";
import { define, inLanguage, type Language } from "../frame/words";

const words = define({
  needed: ["Enter a value.", "値を入力してください。"],
  short: [(min: number) => `At least ${min} characters.`, (min: number) => `${min} 文字以上で入力してください。`],
  long: [(max: number) => `At most ${max} characters.`, (max: number) => `${max} 文字以内で入力してください。`],
  pattern: [
    (pattern: string) => `This does not have the form that the API asks for: ${pattern}`,
    (pattern: string) => `API の求める形式に一致しません: ${pattern}`,
  ],
  address: [
    "Enter an email address, such as name@example.com.",
    "name@example.com のようなメールアドレスを入力してください。",
  ],
  domain: ["Enter a domain, such as example.com.", "example.com のようなドメインを入力してください。"],
});

/** Why a text does not keep to the bounds of a shape of the model; "" where it does. */
export function fault(value: string, shape: keyof typeof limits, language: Language): string {
  const t = inLanguage(words, language);
  const limit: Limit = limits[shape];
  if (limit.min && value.length < limit.min) return value ? t.short(limit.min) : t.needed;
  if (limit.max !== undefined && value.length > limit.max) return t.long(limit.max);
  if (limit.pattern && !matches(value, limit.pattern)) return t.pattern(limit.pattern);
  return "";
}

function matches(value: string, pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(value);
  } catch {
    return true; // a pattern of another dialect: the service says it
  }
}

export function needed(value: string, language: Language): string {
  return value.trim() ? "" : inLanguage(words, language).needed;
}

export function addressFault(value: string, language: Language): string {
  return /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/u.test(value.trim()) ? "" : inLanguage(words, language).address;
}

export function domainFault(value: string, language: Language): string {
  return /^[^\s@./]+(\.[^\s@./]+)+$/u.test(value.trim()) ? "" : inLanguage(words, language).domain;
}
