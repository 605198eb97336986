/* The API as the console calls it: SES v2 by the operation's name, Tayori's own pages by their path.

   Paths and types of SES v2 come from AWS's model (`sesv2.ts`, written by scripts/console_models.py). */

import { jsonOf, type Sending, send } from "./send";
import { type Input, type OperationName, type Output, operations } from "./sesv2";

export { ApiFailure } from "./failure";

/** Calls an operation of SES v2. Raises ApiFailure. */
export async function call<N extends OperationName>(
  name: N,
  input: Input<N> = {} as Input<N>,
  signal?: AbortSignal,
): Promise<Output<N>> {
  const [method, template, places] = operations[name];
  const rest: Record<string, unknown> = { ...(input as Record<string, unknown>) };
  const query = new URLSearchParams();
  let path: string = template;
  for (const [member, where, as] of places) {
    const value = rest[member];
    delete rest[member];
    if (where === "uri") path = path.replace(`{${as}}`, encodeURIComponent(String(value ?? "")));
    else if (value !== undefined && value !== null)
      for (const one of Array.isArray(value) ? value : [value]) query.append(as, String(one));
  }
  const asked = query.size ? `${path}?${query}` : path;
  const body = method === "GET" || method === "DELETE" ? undefined : rest;
  return (await tayori(method, asked, body, signal)) as Output<N>;
}

/** Calls one of Tayori's own pages with JSON. Raises ApiFailure. */
export async function tayori<T = unknown>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const sending: Sending = { signal };
  if (body !== undefined) {
    sending.body = JSON.stringify(body);
    sending.headers = { "Content-Type": "application/json" };
  }
  return (await jsonOf(await send(method, path, sending))) as T;
}

/** `path` with a query; what is empty is left out. */
export function withQuery(path: string, query: Record<string, string | number | boolean | undefined | null>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== "") given.set(name, String(value));
  return given.size ? `${path}?${given}` : path;
}

/** Fetches a file and hands it to the browser to keep. Raises ApiFailure. */
export async function download(path: string, name: string): Promise<void> {
  const answer = await send("GET", path);
  if (!answer.ok) await jsonOf(answer);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Hands a text to the browser to keep as a file. */
export function save(text: string, name: string, type = "text/plain"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
