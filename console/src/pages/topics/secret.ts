/* A secret on its way from the answer that made it to the page that shows it, once. Nowhere else is it kept. */

const fresh = new Map<string, string>();

export function showSecret(id: string, secret: string): void {
  fresh.set(id, secret);
}

/** The secret of something that was just made; it is forgotten when the page is left. */
export function freshSecret(id: string): string | undefined {
  return fresh.get(id);
}

export function forgetSecret(id: string): void {
  fresh.delete(id);
}
