/* How a request leaves: with the session's cookie, the token that another site cannot know, and the place it acts in.

   Owns those headers. Whoever is no longer signed in is sent to the sign-in page, once, by `onSignedOut`. */

import { ApiFailure } from "./failure";

interface Standing {
  csrf: string;
  account: string;
  region: string;
  onSignedOut: () => void;
}

const standing: Standing = { csrf: "", account: "", region: "", onSignedOut: () => {} };

/** Told by the frame when the session or the place changes. */
export function stand(change: Partial<Standing>): void {
  Object.assign(standing, change);
}

export interface Sending {
  headers?: Record<string, string>;
  body?: BodyInit | null;
  signal?: AbortSignal | undefined;
}

/** The answer, whatever its status; ApiFailure("Unreachable") where there is none. */
export async function send(method: string, path: string, sending: Sending = {}): Promise<Response> {
  const headers: Record<string, string> = { ...sending.headers };
  if (standing.account) headers["X-Tayori-Account"] = standing.account;
  if (standing.region) headers["X-Tayori-Region"] = standing.region;
  if (method !== "GET" && method !== "HEAD") headers["X-Tayori-CSRF"] = standing.csrf;
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: sending.body ?? null,
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
      ...(sending.signal ? { signal: sending.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiFailure("Unreachable", "", 0);
  }
  const isUnknown = (answer.headers.get("x-amzn-errortype") ?? "").startsWith("MissingAuthenticationToken");
  if (answer.status === 401 || isUnknown) standing.onSignedOut();
  return answer;
}

export async function jsonOf(answer: Response): Promise<unknown> {
  const text = await answer.text();
  let value: unknown = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    if (answer.ok) throw new ApiFailure("Unreadable", text.slice(0, 200), answer.status);
  }
  if (answer.ok) return value;
  const told = (value ?? {}) as Record<string, unknown>;
  const code = (answer.headers.get("x-amzn-errortype") ?? String(told.__type ?? told.code ?? "")).split(":")[0] ?? "";
  const message = String(told.message ?? told.Message ?? text.slice(0, 200));
  throw new ApiFailure(code || `HTTP ${answer.status}`, message, answer.status);
}
