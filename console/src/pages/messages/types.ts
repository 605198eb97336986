/* What the service says of messages. */

export interface Found {
  message_id: string;
  accepted_at: string;
  from: string;
  subject: string;
  configuration_set: string | null;
  tags: Record<string, string>;
  recipients: { address: string; status: string }[];
}

export interface FoundPage {
  messages: Found[];
  next: string | null;
  is_cut: boolean;
  indexed_until: string | null;
}

export interface Recipient {
  address: string;
  state: string;
  attempts: number;
  due_at: string | null;
  reason: string;
  status: string;
  diagnostic: string;
  updated_at: string;
}

export interface Attempt {
  at: string;
  recipient: string | null;
  duration_ms: number;
  host: string;
  address: string;
  source_address: string;
  tls: string | null;
  outcome: string;
  reason: string;
  status: string;
  diagnostic: string;
  detail: { signatures?: string[]; transcript?: string; counted?: boolean; scope?: string };
}

export interface MessageEvent {
  at: string;
  type: string;
  recipient: string | null;
  detail: Record<string, unknown>;
}

export interface Told {
  event: string;
  event_at: string;
  recipient: string | null;
  topic: string | null;
  protocol: string;
  endpoint: string | null;
  state: string;
  attempts: number | null;
  changed_at: string | null;
  last_error: string | null;
  by: { kind: string; name: string }[];
}

interface Resend {
  message_id: string;
  at: string;
  by: string;
}

export interface Timeline {
  message_id: string;
  account_id: string;
  region: string;
  accepted_at: string;
  expires_at: string;
  from: string;
  subject: string;
  configuration_set: string | null;
  return_path: string;
  tls_policy: string;
  size: number;
  has_content: boolean;
  facts: { operation?: string; source_ip?: string; identity?: string; caller?: string; tags?: Record<string, string> };
  recipients: Recipient[];
  attempts: Attempt[];
  events: MessageEvent[];
  reports: { at: string; purpose: string; recipient: string; source_ip: string; read_as: string | null }[];
  told: Told[];
  suppressed: { address: string; reason: string; since: string; by_this: boolean }[];
  authentication: {
    from_domain: string;
    spf: { domain: string | null; aligned: boolean };
    dkim: { selector: string; domain: string; aligned: boolean }[];
    dmarc: string;
  };
  resent_from: Resend | null;
  resent_as: Resend[];
}

export interface Content {
  source: string;
  is_cut: boolean;
  size: number;
  headers: { name: string; value: string }[];
  parts: { type: string; name: string; disposition: string; size: number }[];
  is_html: boolean;
  blocked: number;
  preview: string;
}

export interface Waiting {
  recipient: string;
  state: string;
  due_at: string;
  reason: string;
  sentence: string;
}

export interface RouteNow {
  domain: string;
  asked_at: string;
  hosts: { host: string; address: string; dnssec: boolean }[];
  trouble: string | null;
  notes: string[];
}

export interface TailEvent {
  message_id: string;
  at: string;
  type: string;
  recipient: string | null;
  from: string;
  subject: string;
  detail: Record<string, unknown>;
}

export interface TailPage {
  events: TailEvent[];
  cursor: string;
  is_cut: boolean;
}
