/* What `/tayori/overview` answers. */

export interface RateOf {
  rate: number | null;
  count: number;
  volume: number;
  is_judged: boolean;
}

export interface Overview {
  account: {
    productionAccess: boolean;
    sendingEnabled: boolean;
    enforcementStatus: string;
    max24Hour: number;
    maxRate: number;
    sent24Hours: number;
    review: { status: string | null; case: string | null; reason: string | null };
    details: {
      MailType?: string;
      WebsiteURL?: string;
      UseCaseDescription?: string;
      ContactLanguage?: string;
      AdditionalContactEmailAddresses?: string[];
    } | null;
  };
  reputation: {
    status: string;
    reason: string;
    bounce: RateOf;
    complaint: RateOf;
    limits: { bounce: { review: number; pause: number }; complaint: { review: number; pause: number } };
  };
  series: Point[];
  setUp: {
    identity: boolean;
    verified: boolean;
    dkim: boolean;
    mail_from: boolean;
    dmarc: boolean;
    configuration_set: boolean;
    told: boolean;
    sent: boolean;
    name: string;
  };
}

export interface Point {
  at: string;
  sends: number;
  deliveries: number;
  permanent_bounces: number;
  transient_bounces: number;
  complaints: number;
  rejects: number;
  opens: number;
  clicks: number;
}

export function shown(quota: number, unlimited: string): string {
  return quota < 0 ? unlimited : quota.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

export function percent(part: number): string {
  return `${(part * 100).toLocaleString("en-US", { maximumFractionDigits: 2 })} %`;
}
