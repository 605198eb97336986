/* The query protocol: SNS and CloudWatch at `POST /`, form in, XML out.

   Owns how XML becomes a value: `member` lists become arrays, `entry` maps become objects, the rest objects or text. */

import { ApiFailure } from "./failure";
import { send } from "./send";

const VERSIONS = { sns: "2010-03-31", ses: "2010-12-01", monitoring: "2010-08-01" } as const;

type Given = string | number | boolean | undefined | null | Given[] | { [name: string]: Given };

/** Calls an operation of SNS. A map of strings is given as `{entry: [{key, value}]}` by `entries`. Raises ApiFailure. */
export function sns<T = Record<string, unknown>>(action: string, params: Record<string, Given> = {}): Promise<T> {
  return query<T>("sns", action, params);
}

/** Calls an operation of SES v1, for what v2 has not. Raises ApiFailure. */
export function sesV1<T = Record<string, unknown>>(action: string, params: Record<string, Given> = {}): Promise<T> {
  return query<T>("ses", action, params);
}

export function entries(map: Record<string, string>): Given {
  return { entry: Object.entries(map).map(([key, value]) => ({ key, value })) };
}

async function query<T>(service: keyof typeof VERSIONS, action: string, params: Record<string, Given>): Promise<T> {
  const form = new URLSearchParams({ Action: action, Version: VERSIONS[service] });
  for (const [name, value] of Object.entries(params)) flatten(form, name, value);
  const answer = await send("POST", "/", { body: form, headers: { "X-Tayori-Service": service } });
  const text = await answer.text();
  const root = new DOMParser().parseFromString(text, "text/xml").documentElement;
  if (!answer.ok) {
    const told = (kind: string) => root.getElementsByTagName(kind)[0]?.textContent ?? "";
    throw new ApiFailure(told("Code") || `HTTP ${answer.status}`, told("Message"), answer.status);
  }
  const result = [...root.children].find((child) => child.tagName === `${action}Result`);
  return (result ? readElement(result) : {}) as T;
}

/** `a.member.1=…`, and `a.entry.1.key=…` for what already is a list of entries. */
function flatten(form: URLSearchParams, name: string, value: Given): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    const base = name.endsWith(".entry") ? name : `${name}.member`;
    value.forEach((one, at) => {
      flatten(form, `${base}.${at + 1}`, one);
    });
  } else if (typeof value === "object")
    for (const [inner, one] of Object.entries(value)) flatten(form, `${name}.${inner}`, one);
  else form.append(name, String(value));
}

function readElement(element: Element): unknown {
  const children = [...element.children];
  if (children.length === 0) return LISTS.has(element.tagName) ? [] : (element.textContent ?? "");
  if (children.every((child) => child.tagName === "member")) return children.map(readElement);
  if (children.every((child) => child.tagName === "entry")) return Object.fromEntries(children.map(readEntry));
  return Object.fromEntries(children.map((child) => [child.tagName, readElement(child)]));
}

function readEntry({ children: [key, value] }: Element): [string, unknown] {
  return [key?.textContent ?? "", value ? readElement(value) : ""];
}

const LISTS = new Set(["Topics", "Subscriptions", "Tags", "Successful", "Failed"]);
