/* What the service says of the queue. */

export interface Backlog {
  domain: string;
  recipients: number;
  states: Record<string, number>;
  reasons: Record<string, number>;
  reason: string | null;
  oldest: string | null;
  next_due: string | null;
  last_said: string | null;
  last_said_at: string | null;
}

export interface Pause {
  kind: string;
  name: string;
  reason: string;
  since: string;
  until: string | null;
}

export interface Destinations {
  destinations: Backlog[];
  more: number;
  recipients: number;
  is_cut: boolean;
  pauses: Pause[];
}

export interface Queued {
  message_id: string;
  account_id: string;
  recipient: string;
  from: string;
  subject: string;
  state: string;
  attempts: number;
  accepted_at: string;
  due_at: string;
  expires_at: string;
  last_said: string | null;
  why: string;
  sentence: string;
}

export interface Site {
  name: string;
  provider: string;
  egress: string;
  domains: number;
  waiting: number;
  connections: number;
  window: number;
  most: number;
  rate: number;
  is_held_back: boolean;
  rests_until: string | null;
  rest_reason?: string;
  last_reply?: string;
}

export interface Limit {
  site: string;
  connections: number | null;
  rate: number | null;
  set_at: string;
  by: string;
}

export interface Shape {
  seconds: number;
  earliest: number[];
  latest: number[];
}
