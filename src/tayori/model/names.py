"""Names under the service's own domain, and SES's names of regions.

Owns every host name that Tayori publishes or tells a customer to point at. SES's counterparts are named beside each.
"""

from dataclasses import dataclass

# The first two bytes of a MessageId. us-east-1, us-west-2, eu-west-1, ap-southeast-2 and ap-south-1 were observed on
# SES; the others are ours, chosen not to collide with a prefix seen in the wild.
REGION_PREFIXES = {
    "us-east-1": "0100",
    "us-west-2": "0101",
    "eu-west-1": "0102",
    "ap-northeast-1": "0106",
    "eu-central-1": "0107",
    "ap-southeast-2": "0108",
    "ap-south-1": "0109",
    "us-east-2": "010f",
}
OTHER_REGIONS_PREFIX = "01ff"

DMARC_REPORTS = "dmarc-reports"  # the local parts
TLS_REPORTS = "tls-reports"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceNames:
    """Names derived from the service's domain and one region."""

    service_domain: str
    region: str

    @property
    def dkim_zone(self) -> str:
        """SigningHostedZone: what Easy DKIM CNAMEs point into (SES: dkim.amazonses.com)."""
        return f"dkim.{self.service_domain}"

    @property
    def mail_from_domain(self) -> str:
        """The default MAIL FROM domain (SES: <region>.amazonses.com)."""
        return f"{self.region}.mail.{self.service_domain}"

    @property
    def feedback_host(self) -> str:
        """Target of the MX of a MAIL FROM domain (SES: feedback-smtp.<region>.amazonses.com)."""
        return f"feedback-smtp.{self.region}.{self.service_domain}"

    @property
    def inbound_host(self) -> str:
        """Target of the MX of a domain that receives mail (SES: inbound-smtp.<region>.amazonaws.com)."""
        return f"inbound-smtp.{self.region}.{self.service_domain}"

    @property
    def spf_include(self) -> str:
        """Domain of the SPF include (SES: amazonses.com)."""
        return f"spf.{self.service_domain}"

    @property
    def spf_record(self) -> str:
        """The TXT record a custom MAIL FROM domain needs."""
        return f"v=spf1 include:{self.spf_include} ~all"

    @property
    def ehlo_name(self) -> str:
        """The name the sending host greets with (SES: a9-183.smtp-out.amazonses.com)."""
        return f"a1.smtp-out.{self.region}.{self.service_domain}"

    @property
    def name_server(self) -> str:
        return f"ns1.{self.service_domain}"

    @property
    def message_id_host(self) -> str:
        """Right side of the Message-ID field (SES: <region>.amazonses.com)."""
        return f"{self.region}.{self.service_domain}"

    @property
    def submission_host(self) -> str:
        """Name of the SMTP interface (SES: email-smtp.<region>.amazonaws.com)."""
        return f"email-smtp.{self.region}.{self.service_domain}"

    @property
    def tracking_host(self) -> str:
        """Where tracked links lead, and what a redirect domain points at (SES: r.<region>.awstrack.me)."""
        return f"r.{self.region}.{self.service_domain}"

    @property
    def dmarc_reports(self) -> str:
        """Where aggregate reports on customers' domains may be sent (no counterpart in SES)."""
        return f"{DMARC_REPORTS}@{self.service_domain}"

    @property
    def tls_reports(self) -> str:
        """Where reports on TLS of mail to customers' domains may be sent (no counterpart in SES)."""
        return f"{TLS_REPORTS}@{self.service_domain}"

    @property
    def postmaster(self) -> str:
        """Sender of the service's own mail, such as verification links."""
        return f"no-reply@{self.service_domain}"
