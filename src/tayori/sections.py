"""Every setting once: its type, its default and what it means, section by section.

Owns the declarations; `tayori.config` says where values come from and which combinations cannot work.
"""

from dataclasses import dataclass, field
from typing import Any

PORT_BASE = 8600


def setting(default: Any, doc: str) -> Any:
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata={"doc": doc})
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """[service]"""

    domain: str = setting("", "The service's own domain: the zone that Tayori's DNS server answers for.")
    region: str = setting("us-east-1", "The region in which the service itself sends, and that commands speak of.")
    regions: list[str] = setting(
        [], "All regions that this installation plays, service.region among them. Empty: only that one."
    )
    workers: int = setting(1, "Processes that accept mail, each with one that delivers. Such a pair drives two cores.")
    delivery_process: bool = setting(True, "Deliver in a process beside the one that accepts; else in the same one.")
    roles: list[str] = setting(
        ["api", "smtp", "delivery", "inbound", "dns", "loops"], "What this node does; all, unless told otherwise."
    )
    operation_rates: str = setting(
        "off", 'Limits of operations other than sends: "ses" as SES has them (most of them one a second), or "off".'
    )
    clock_file: str = setting("", "A file that tells an adjustable clock (rehearsal). Empty: the machine's clock.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """[database]"""

    url: str = setting("", "sqlite:///path or postgresql://…. Empty: a file in the data folder.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """[http]"""

    host: str = setting("127.0.0.1", "Address that the API listens on.")
    port: int = setting(PORT_BASE, "Port of the API (HTTP; put a TLS proxy in front, or set a certificate).")
    certificate: str = setting("", "PEM file of the API's certificate chain. Empty: clear text.")
    key: str = setting("", "PEM file of its private key.")
    public_url: str = setting("", "How users reach the API, for links sent by mail. Empty: made of host and port.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionSettings:
    """[submission]"""

    host: str = setting("127.0.0.1", "Address that SMTP submission listens on.")
    starttls_port: int = setting(PORT_BASE + 1, "Port with STARTTLS (SES: 25, 587, 2587).")
    tls_port: int = setting(PORT_BASE + 2, "Port with TLS from the first byte (SES: 465, 2465).")
    certificate: str = setting("", "PEM file of the certificate chain.")
    key: str = setting("", "PEM file of its private key.")
    ca_file: str = setting("", "PEM file of the authority that signed it, where clients do not know it already.")
    max_connections: int = setting(1000, "Connections at a time, in all.")
    max_connections_per_host: int = setting(100, "Connections at a time from one address.")
    trusted: dict[str, str] = setting(
        {}, "Networks that may submit without AUTH and TLS, each with the access key it acts as. Default: none."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundSettings:
    """[inbound]"""

    host: str = setting("127.0.0.1", "Address that the inbound port listens on: what MX records point at.")
    port: int = setting(PORT_BASE + 3, "Its port (production: 25).")
    messages_a_second: int = setting(
        200, "Messages taken in each second, so that a storm of bounces does not take the machine from sending. 0: all."
    )
    kept_megabytes: int = setting(
        1024, "MiB of mail that came in to keep, for people to look at; the oldest goes first."
    )
    kept_megabytes_an_hour: int = setting(128, "MiB of one hour's; what is above is read like the rest, and not kept.")
    return_path_days: float = setting(30.0, "Days after a message for which reports on its return path are taken.")
    received_megabytes: int = setting(
        2048, "MiB of mail that accounts receive and whose actions are not done; beyond it senders are asked to wait."
    )
    functions: dict[str, str] = setting(
        {}, "Functions that receipt rules may call: for the ARN of each, the URL that is sent SES's event."
    )
    feedback_loops_file: str = setting(
        "", "Your own part of the table of feedback loops (TOML): who tells of complaints, and how one enrols."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSettings:
    """[dns]"""

    host: str = setting("127.0.0.1", "Address that the authoritative DNS server listens on.")
    port: int = setting(PORT_BASE + 4, "Its port, UDP and TCP (production: 53).")
    public_addresses: list[str] = setting([], "Addresses by which the world reaches this host.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverSettings:
    """[resolver]"""

    servers: list[str] = setting([], "host:port of recursive resolvers. Empty: those of /etc/resolv.conf.")
    trust_ad: bool = setting(False, "Believe the AD bit (only for a validating resolver on this host).")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """[delivery]"""

    port: int = setting(25, "Port of the receivers' hosts.")
    source_address: str = setting("", "Local address to send from. Empty: the system chooses.")
    outgoing_addresses: list[str] = setting(
        [], "Addresses that receivers see mail come from, for SPF. Empty: those of dns.public_addresses."
    )
    ehlo_name: str = setting("", "Name to greet with. Empty: made of the region and the service's domain.")
    families: str = setting("both", "ipv4, ipv6 or both: over what mail hosts are reached.")
    trust_anchors: str = setting("", "PEM file of certificate authorities to trust. Empty: the system's.")
    certificate_check: str = setting(
        "never",
        "when-required: TlsPolicy REQUIRE also asks for a certificate of such an authority for the host's name.",
    )
    client_certificate: str = setting("", "PEM file of a certificate for hosts that ask for one. Empty: none is shown.")
    client_key: str = setting("", "PEM file of its private key. Empty: it is in the certificate's file.")
    mta_sts: bool = setting(True, "Obey receivers' MTA-STS policies (RFC 8461).")
    policy_port: int = setting(443, "Port of the hosts of MTA-STS policies (production: 443).")
    private_networks: list[str] = setting([], "Private or loopback networks that mail may be delivered to.")
    block_lists: list[str] = setting(
        [], "DNS block lists to look for registered source addresses in, every six hours. Empty: none."
    )
    max_connections: int = setting(400, "Connections at a time, in all.")
    max_connections_per_destination: int = setting(
        20, "Connections at a time to one set of mail hosts that the table of providers does not name."
    )
    providers_file: str = setting("", "Your own part of the table of providers (TOML): limits and rules for replies.")
    account_weights: dict[str, str] = setting(
        {}, "Turns that an account has for each turn of the others where they wait for the same hosts, from 1 to 100."
    )
    connect_timeout: float = setting(30.0, "Seconds to reach a host.")
    command_timeout: float = setting(300.0, "Seconds for a host to answer (RFC 5321 4.5.3.2 asks for minutes).")
    messages_in_memory: int = setting(20_000, "Messages on their way at a time; what is above waits in the store.")
    megabytes_in_memory: int = setting(512, "Their content, in MiB.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSettings:
    """[dkim]"""

    rotation_days: float = setting(
        90.0, "Days for which a key of Easy DKIM, or of the service's own, signs; at least 7, or 0 for ever."
    )
    service_signature: str = setting(
        "off", "off, rsa or ed25519: sign all mail with a key of the service's own domain, too."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsReportSettings:
    """[tls_reports]"""

    send: bool = setting(True, "Send reports on TLS to the domains that ask for them (RFC 8460), once a day.")
    organization: str = setting("", "Who sends them, in words. Empty: the service's domain.")
    contact: str = setting("", "Address for questions about them. Empty: postmaster at the service's domain.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSettings:
    """[events]"""

    private_networks: list[str] = setting([], "Private or loopback networks that HTTP notifications may be sent to.")
    trust_anchors: str = setting("", "PEM file of authorities to trust beside the system's, for HTTPS endpoints.")
    sqs_endpoint: str = setting("", "URL of a server that speaks SQS, for queues as subscribers. Empty: none.")
    sqs_access_key_id: str = setting("", "Access key for it. Empty: requests are not signed.")
    sqs_secret_access_key: str = setting("", "Its secret.")
    eventbridge_endpoint: str = setting(
        "", "URL of a server that speaks EventBridge's PutEvents, for EventBridge destinations. Empty: none."
    )
    eventbridge_url: str = setting(
        "", "URL that events in EventBridge's form are posted to instead, one by one. Empty: none."
    )
    eventbridge_source: str = setting("aws.ses", "Source of these events. AWS itself takes none that begins with aws.")
    firehose: dict[str, str] = setting(
        {},
        "Firehose streams, each with where it leads: a folder, s3://bucket/prefix, or the URL of a server that speaks"
        " Firehose. A name is for all accounts, <account>/<name> for one.",
    )
    s3_endpoint: str = setting("", "URL of a server that speaks S3, for streams that lead to a bucket.")
    s3_region: str = setting("", "Its region. Empty: service.region.")
    access_key_id: str = setting(
        "", "Access key for the servers of EventBridge, Firehose and S3. Empty: requests are not signed."
    )
    secret_access_key: str = setting("", "Its secret.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReputationSettings:
    """[reputation]"""

    bounce_review: float = setting(5.0, "Percent of permanent bounces from which an account is under review.")
    bounce_pause: float = setting(10.0, "Percent of permanent bounces from which it may be paused.")
    complaint_review: float = setting(0.1, "Percent of complaints from which an account is under review.")
    complaint_pause: float = setting(0.5, "Percent of complaints from which it may be paused.")
    minimum_volume: int = setting(1000, "Recipients below which nothing is judged.")
    pause: str = setting(
        "off",
        "off: nobody is paused. stream: the smallest configuration set or identity at fault, else the account. "
        "account: the account.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSettings:
    """[tracking]"""

    host: str = setting(
        "", "Name that tracked links lead to, where no redirect domain is set. Empty: r.<region>.<service domain>."
    )
    https: str = setting(
        "",
        "never, optional (as SES: opens HTTP, clicks as their target) or require: HTTPS in these links."
        " Empty: require where http.public_url or http.certificate says so, else never.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """[retention]"""

    content_hours: float = setting(24.0, "Hours to keep a message's content after its last disposition.")
    timeline_days: float = setting(30.0, "Days to keep what became of a message.")
    audit_days: float = setting(400.0, "Days to keep the audit log.")
    count_days: float = setting(400.0, "Days to keep counts of mail; those of single hours are kept for 14.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """[search]"""

    index: bool = setting(True, "Keep the index that messages are searched by, a second behind their acceptance.")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """[jobs]"""

    folder: str = setting("", "Folder of the files of import and export jobs. Empty: jobs/ in the data folder.")
    s3_endpoint: str = setting("", "URL of a server that speaks S3, instead of the folder. Empty: none.")
    s3_access_key_id: str = setting("", "Access key for it.")
    s3_secret_access_key: str = setting("", "Its secret.")
    s3_bucket: str = setting("", "Bucket there for what jobs write: failed records and exports.")
    s3_imports: dict[str, str] = setting(
        {}, "Buckets there that imports may be read from, each with the account that may; * is every account."
    )
    s3_received: dict[str, str] = setting(
        {}, "Buckets there that received mail may be put into, each with the account that may; * is every account."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """[console]"""

    enabled: bool = setting(True, "Offer the console at /console/ and its sign-in, beside the API.")
    folder: str = setting("", "Folder of its built pages. Empty: those that came with the package.")
    idle_hours: float = setting(12.0, "Hours without a request after which a session ends.")
    session_hours: float = setting(168.0, "Hours after which a session ends in any case.")
    oidc: dict[str, dict[str, Any]] = setting(
        {}, "OpenID Connect providers to sign in by, a table for each: [console.oidc.NAME] (docs/howto/console.md)."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """[log]"""

    format: str = setting("text", "text or json.")
    level: str = setting("info", "debug, info, warning or error.")
    redact_addresses: bool = setting(False, "Log the domain of a mail address only.")
