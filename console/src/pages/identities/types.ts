/* What the service says of identities beside SES's API. */

import type { VerificationStatus } from "../../api/sesv2";
import type { Pair } from "../../frame/words";

export interface Statuses {
  identity: VerificationStatus | null;
  dkim: VerificationStatus | null;
  mail_from: VerificationStatus | null;
}

export interface Listed {
  name: string;
  kind: "DOMAIN" | "EMAIL_ADDRESS";
  created_at: string;
  statuses: Statuses;
  signing_enabled: boolean;
  mail_from_domain: string | null;
  configuration_set: string | null;
  error: string | null;
  last_checked_at: string | null;
  last_success_at: string | null;
  next_check_at: string | null;
}

export interface Day {
  day: number;
  sends: number;
  deliveries: number;
  permanent_bounces: number;
  transient_bounces: number;
  complaints: number;
  rejects: number;
  opens: number;
  clicks: number;
}

export interface Change {
  at: string;
  subject: "verification" | "dkim" | "mail_from";
  before: VerificationStatus;
  after: VerificationStatus;
  cause: "found" | "missing" | "silent" | "no-parent" | "link" | "link-expired" | "again" | "changed" | "assumed";
  record: { name: string; type: string } | null;
  error: string | null;
}

export interface Activity extends Listed {
  days: Day[];
  changes: Change[];
}

export interface Seen {
  server: string;
  address: string;
  status: string;
  values: string[];
  ttl: number;
  alias?: string;
  reason?: string;
}

export interface Looked {
  purpose: string;
  name: string;
  type: string;
  expected: string;
  verdict: "ok" | "missing" | "wrong" | "waiting" | "trouble";
  found: string[];
  hint: string | null;
  advice: { mistake: string; en: string; ja: string }[];
  resolver: { status: string; values: string[]; ttl: number };
  servers: Seen[];
}

export interface Records {
  domain: string;
  statuses: Statuses;
  records: Looked[];
}

export interface Bilingual {
  key: string;
  text: { en: string; ja: string };
}

export interface Advice {
  domain: string;
  dmarc: {
    record: string | null;
    policy_domain: string | null;
    explanation: Bilingual[];
    next_step: { name: string; type: string; value: string; why: Bilingual; where: Bilingual | null } | null;
  };
  own_mail: {
    passes: boolean;
    dkim: { domain: string | null; result: string };
    spf: { domain: string; result: string };
  };
  spf: {
    name: string;
    before: string[];
    after: string;
    in_place: boolean;
    notes: Bilingual[];
  } | null;
}

export interface Probe {
  arrived: boolean;
  passes: boolean;
  trouble: string | null;
  seconds: number;
  spf?: { result: string; domain: string };
  dkim?: { result: string; domain: string; selector: string }[];
}

export interface ShareLink {
  id: string;
  created_at: string;
  expires_at: string;
  url?: string;
}

/** Which of both a sentence of the service is in. */
export function pairOf(sentence: { en: string; ja: string }): Pair {
  return [sentence.en, sentence.ja];
}
