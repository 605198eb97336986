/* What the service says of feedback loops. */

export type LoopKind = "yes" | "aggregate" | "no" | "unknown";
export type Both = { en: string; ja: string };

export interface Enrolment {
  domain: string | null;
  state: "requested" | "active";
  since: string;
  note: string;
}

export interface Entry {
  id: string;
  name: Both;
  kind: "provider" | "collector";
  enrol: { by: ("ip" | "dkim-domain")[]; at: string | null; needs: Both | null; sends: string | null };
  enrolments: Enrolment[];
  source: string[];
  as_of: string;
  loop?: LoopKind;
  through?: string | null;
  note?: Both | null;
  here?: { addresses?: string[]; domains?: string[]; reports: string; confirmation: string };
}

export interface Coverage {
  recipients: number;
  reporting_share: number;
  enrolled_share: number;
  warning: boolean;
  text: Both;
  instead: Both | null;
  providers: { id: string; name: Both; loop: LoopKind; recipients: number; share: number; enrolled: number }[];
}

export interface Outlook {
  domains: {
    domain: string;
    name: Both | null;
    loop: LoopKind;
    trouble: string | null;
  }[];
  coverage: Coverage;
}

export function percent(part: number): string {
  return `${(100 * part).toFixed(part && part < 0.1 ? 1 : 0)} %`;
}
