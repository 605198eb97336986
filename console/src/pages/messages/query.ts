/* From what is typed into the search field to what the service is asked: words that stand anywhere, and `name:value`. */

const NAMES: Record<string, string> = {
  to: "recipient",
  recipient: "recipient",
  from: "from",
  subject: "subject",
  id: "id",
  tag: "tag",
  status: "status",
  set: "configuration_set",
  identity: "identity",
  provider: "provider",
  since: "since",
  until: "until",
};
const ONCE = new Set(["id", "configuration_set", "identity", "since", "until"]);
const MESSAGE_ID = /^<?[0-9a-f]{16}[0-9a-f-]*(@\S*)?$/u;
const SHORTEST = 3;

export interface Asked {
  pairs: [string, string][];
  /** What was left out, since it is too short to be searched for. */
  short: string[];
}

/** `name:"two words"` is one value. What is not known as a name is a word like any other. */
export function asked(text: string): Asked {
  const pairs: [string, string][] = [];
  const words: string[] = [];
  const subject: string[] = [];
  const short: string[] = [];
  const once = new Map<string, string>();
  for (const [whole, given, quoted, plain] of text.matchAll(/(?:(\p{L}+):)?(?:"([^"]*)"?|(\S+))/gu)) {
    const value = (quoted ?? plain ?? "").trim();
    const name = given ? NAMES[given.toLowerCase()] : undefined;
    if (given && !name) words.push(whole);
    else if (!value) continue;
    else if (name === "subject") subject.push(value);
    else if (name === "recipient") {
      const start = recipient(value);
      if (start) pairs.push(["recipient", start]);
      else short.push(value);
    } else if (name && ONCE.has(name)) once.set(name, value);
    else if (name) pairs.push([name, value]);
    else if (MESSAGE_ID.test(value)) once.set("id", value);
    else if (value.length < SHORTEST && !/[\u3005\u3040-\u30ff\u3400-\u9fff]{2}/u.test(value)) short.push(value);
    else words.push(value);
  }
  if (subject.length) pairs.push(["subject", subject.join(" ")]);
  if (words.length) pairs.push(["text", words.join(" ")]);
  return { pairs: [...pairs, ...once], short };
}

/** A whole domain, or the beginning of an address. */
function recipient(value: string): string {
  if (value.endsWith("*")) return value;
  if (value.startsWith("@")) return value.slice(1);
  if (!value.includes("@") && /\.[^.]{2,}$/u.test(value)) return value;
  return value.length < SHORTEST ? "" : `${value}*`;
}
