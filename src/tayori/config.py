"""The settings of a node: where their values come from, and which cannot work. `tayori.sections` declares them.

A setting comes from, in this order: the command line, the environment (TAYORI_<SECTION>_<KEY>), the configuration file
(TOML), the default. Unknown keys and impossible values stop the start with one sentence that names the key. Nobody else
reads the environment.
"""

import dataclasses
import ipaddress
import json
import re
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tayori.model import sign_in_provider
from tayori.model.errors import Invalid
from tayori.sections import PORT_BASE as PORT_BASE
from tayori.sections import ConsoleSettings as ConsoleSettings
from tayori.sections import DatabaseSettings as DatabaseSettings
from tayori.sections import DeliverySettings as DeliverySettings
from tayori.sections import DkimSettings as DkimSettings
from tayori.sections import DnsSettings as DnsSettings
from tayori.sections import EventSettings as EventSettings
from tayori.sections import HttpSettings as HttpSettings
from tayori.sections import InboundSettings as InboundSettings
from tayori.sections import JobSettings as JobSettings
from tayori.sections import LogSettings as LogSettings
from tayori.sections import ReputationSettings as ReputationSettings
from tayori.sections import ResolverSettings as ResolverSettings
from tayori.sections import RetentionSettings as RetentionSettings
from tayori.sections import SearchSettings as SearchSettings
from tayori.sections import ServiceSettings as ServiceSettings
from tayori.sections import SubmissionSettings as SubmissionSettings
from tayori.sections import TlsReportSettings as TlsReportSettings
from tayori.sections import TrackingSettings as TrackingSettings

SECRET_PREFIX = "TAYORI_SECRET_"  # noqa: S105 - of a name, no secret
SectionT = TypeVar("SectionT")


class ConfigError(Exception):
    """A setting that cannot be used; the text is one sentence that names its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one node. `data` is the folder for everything that is kept in files."""

    data: Path
    rehearsal: bool = False
    rehearsal_elsewhere: Path | None = None  # the data folder of the node that runs the rehearsal, where another does
    service: ServiceSettings = field(default_factory=ServiceSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    submission: SubmissionSettings = field(default_factory=SubmissionSettings)
    inbound: InboundSettings = field(default_factory=InboundSettings)
    dns: DnsSettings = field(default_factory=DnsSettings)
    resolver: ResolverSettings = field(default_factory=ResolverSettings)
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    dkim: DkimSettings = field(default_factory=DkimSettings)
    tls_reports: TlsReportSettings = field(default_factory=TlsReportSettings)
    events: EventSettings = field(default_factory=EventSettings)
    reputation: ReputationSettings = field(default_factory=ReputationSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    jobs: JobSettings = field(default_factory=JobSettings)
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    log: LogSettings = field(default_factory=LogSettings)

    # Where each setting comes from that is not its default's, by `section.key`: to be shown, never decided by.
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    # Passwords of relays and proxies, by what follows TAYORI_SECRET_ in the environment: never shown, never stored.
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def rehearsal_folder(self) -> Path:
        return (self.rehearsal_elsewhere or self.data) / "rehearsal"

    @property
    def jobs_folder(self) -> Path:
        return Path(self.jobs.folder) if self.jobs.folder else self.data / "jobs"

    @property
    def regions(self) -> tuple[str, ...]:
        """All regions that are served, the service's own first."""
        return tuple(dict.fromkeys([self.service.region, *self.service.regions]))

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data / 'tayori.db'}"

    @property
    def http_url(self) -> str:
        scheme = "https" if self.http.certificate else "http"
        return self.http.public_url or f"{scheme}://{self.http.host}:{self.http.port}"


SECTIONS: Mapping[str, type[Any]] = {
    f.name: typing.get_type_hints(Config)[f.name]
    for f in dataclasses.fields(Config)
    if f.name not in ("data", "rehearsal", "rehearsal_elsewhere", "origins", "secrets")
}
ROLES = ("api", "smtp", "delivery", "inbound", "dns", "loops")


def load(
    data: Path,
    *,
    file: Path | None = None,
    environment: Mapping[str, str],
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
) -> Config:
    """The settings for `data`; `overrides` (section → key → value) win. Raises ConfigError."""
    values = _from_file(file) if file else {}
    for section, keys in [*_from_environment(environment).items(), *(overrides or {}).items()]:
        values.setdefault(section, {}).update(keys)
    service = values.get("service", {})
    if service.get("regions") and "region" not in service:
        service["region"] = _list("service.regions", service["regions"])[0]
    sections = {name: _section(name, kind, values.get(name, {})) for name, kind in SECTIONS.items()}
    config = Config(data=data.resolve(), secrets=_secrets(environment), **sections)
    check(config)
    return config


def sources(file: Path | None, environment: Mapping[str, str]) -> list[tuple[str, Mapping[str, Mapping[str, Any]]]]:
    """(origin, section → key → value) of the file and of the environment, the weaker first: for `config show`."""
    found: list[tuple[str, Mapping[str, Mapping[str, Any]]]] = [("environment", _from_environment(environment))]
    return [(str(file), _from_file(file)), *found] if file else found


def _from_file(file: Path) -> dict[str, dict[str, Any]]:
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"The configuration file {file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration file {file} is not valid TOML: {error}.") from error
    for name, content in document.items():
        if name not in SECTIONS:
            raise ConfigError(f"The configuration file has a section [{name}], which does not exist.")
        if not isinstance(content, dict):
            raise ConfigError(f"The configuration file sets {name} outside of a section.")
    return document


def _from_environment(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    values: dict[str, dict[str, Any]] = {}
    for section, kind in SECTIONS.items():
        for f in dataclasses.fields(kind):
            name = f"TAYORI_{section}_{f.name}".upper()
            if name in environment:
                values.setdefault(section, {})[f.name] = environment[name]
    return values


def _secrets(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(SECRET_PREFIX): value for name, value in environment.items() if name.startswith(SECRET_PREFIX)
    }


def _section(section: str, kind: type[SectionT], values: Mapping[str, Any]) -> SectionT:
    hints = typing.get_type_hints(kind)
    known = {f.name for f in dataclasses.fields(typing.cast(Any, kind))}
    for key in values:
        if key not in known:
            raise ConfigError(f"There is no setting {section}.{key}.")
    return kind(**{key: _value(f"{section}.{key}", hints[key], value) for key, value in values.items()})


def _value(key: str, kind: Any, value: Any) -> Any:
    """`value` as the setting's type; texts, as they come from the environment, are read."""
    origin = typing.get_origin(kind) or kind
    if origin is list:
        return _list(key, value)
    if origin is dict:
        return _mapping(key, value) if typing.get_args(kind)[1] is str else _tables(key, value)
    if isinstance(value, str) and origin in _READERS:
        try:
            return _READERS[origin](value)
        except ValueError as error:
            raise ConfigError(f"{key} must be {_WORDS[origin]}, not {value!r}.") from error
    if origin is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not origin:
        raise ConfigError(f"{key} must be {_WORDS.get(origin, 'a text')}, not {value!r}.")
    return value


def _read_bool(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


_READERS: Mapping[type[Any], typing.Callable[[str], Any]] = types.MappingProxyType(
    {int: int, float: float, bool: _read_bool}
)
_WORDS: Mapping[type[Any], str] = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def _list(key: str, value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return list(value)
    raise ConfigError(f"{key} must be a list of texts, not {value!r}.")


def _mapping(key: str, value: Any) -> dict[str, str]:
    if isinstance(value, str):
        pairs = [part.split("=", 1) for part in value.split(",") if part.strip()]
        if all(len(pair) == 2 for pair in pairs):
            return {name.strip(): content.strip() for name, content in pairs}
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return dict(value)
    raise ConfigError(f"{key} must be a table of texts, not {value!r}.")


def _tables(key: str, value: Any) -> dict[str, dict[str, Any]]:
    """A table of tables; from the environment as JSON has it."""
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except ValueError as error:
            raise ConfigError(f"{key} must be JSON in the environment: {error}.") from error
    if isinstance(value, dict) and all(isinstance(item, dict) for item in value.values()):
        return {name: dict(item) for name, item in value.items()}
    raise ConfigError(f"{key} must be a table of tables, not {value!r}.")


# -- combinations --------------------------------------------------------------------------------------------------


_FILES = (
    *("http.certificate", "http.key", "submission.certificate", "submission.key"),
    *("delivery.trust_anchors", "delivery.client_certificate", "delivery.client_key", "events.trust_anchors"),
    "delivery.providers_file",
)


def check(config: Config) -> None:
    """Refuse what cannot work. Raises ConfigError with one sentence that names the key."""
    if not config.service.domain:
        raise ConfigError("service.domain must be set: the domain that this service's DNS server answers for.")
    for role in config.service.roles:
        if role not in ROLES:
            raise ConfigError(f"service.roles names {role!r}; the roles are {', '.join(ROLES)}.")
    _check_regions(config.service)
    if not 1 <= config.service.workers <= 256:
        raise ConfigError(f"service.workers must be from 1 to 256, not {config.service.workers}.")
    if config.service.operation_rates not in ("ses", "off"):
        raise ConfigError(f"service.operation_rates must be ses or off, not {config.service.operation_rates!r}.")
    _check_ports(config)
    _check_addresses("dns.public_addresses", config.dns.public_addresses)
    _check_addresses("delivery.outgoing_addresses", config.delivery.outgoing_addresses)
    _check_networks("delivery.private_networks", config.delivery.private_networks)
    _check_networks("events.private_networks", config.events.private_networks)
    _check_networks("submission.trusted", list(config.submission.trusted))
    _check_targets(config.events)
    _check_jobs(config.jobs)
    _check_providers(config.console)
    _check_servers("resolver.servers", config.resolver.servers)
    if config.delivery.source_address:
        _check_addresses("delivery.source_address", [config.delivery.source_address])
    if "smtp" in config.service.roles and not config.submission.certificate:
        raise ConfigError("submission.certificate must be set: SMTP submission needs TLS.")
    for name, pair in (("http", config.http), ("submission", config.submission)):
        if bool(pair.certificate) != bool(pair.key):
            raise ConfigError(f"{name}.certificate and {name}.key belong together: set both or neither.")
    if config.delivery.client_key and not config.delivery.client_certificate:
        raise ConfigError("delivery.client_key is set, and delivery.client_certificate is not.")
    for key in _FILES:
        section, name = key.split(".")
        path = getattr(getattr(config, section), name)
        if path and not Path(path).is_file():
            raise ConfigError(f"{key} names {path}, which is not a file.")
    for account, weight in config.delivery.account_weights.items():
        if not weight.isdecimal() or not 1 <= int(weight) <= 100:
            raise ConfigError(f"delivery.account_weights gives {account} {weight!r}; a weight is from 1 to 100.")
    if config.delivery.families not in ("ipv4", "ipv6", "both"):
        raise ConfigError(f"delivery.families must be ipv4, ipv6 or both, not {config.delivery.families!r}.")
    if config.delivery.certificate_check not in ("never", "when-required"):
        check_word = config.delivery.certificate_check
        raise ConfigError(f"delivery.certificate_check must be never or when-required, not {check_word!r}.")
    if config.dkim.service_signature not in ("off", "rsa", "ed25519"):
        raise ConfigError(f"dkim.service_signature must be off, rsa or ed25519, not {config.dkim.service_signature!r}.")
    if config.dkim.rotation_days != 0 and not 7 <= config.dkim.rotation_days <= 36_500:
        raise ConfigError(f"dkim.rotation_days must be 0, or from 7 to 36500, not {config.dkim.rotation_days}.")
    if config.inbound.messages_a_second < 0:
        raise ConfigError("inbound.messages_a_second must be 0 or above.")
    if min(config.inbound.kept_megabytes, config.inbound.kept_megabytes_an_hour) < 1:
        raise ConfigError("inbound.kept_megabytes and inbound.kept_megabytes_an_hour must be above 0.")
    if not config.inbound.return_path_days > 0:
        raise ConfigError(f"inbound.return_path_days must be above 0, not {config.inbound.return_path_days}.")
    _check_reputation(config)
    if config.tracking.https not in ("", "never", "optional", "require"):
        raise ConfigError(f"tracking.https must be never, optional or require, not {config.tracking.https!r}.")
    if not re.fullmatch(r"([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*)?", config.tracking.host):
        raise ConfigError(f"tracking.host must be the name of a host, not {config.tracking.host!r}.")
    if config.log.format not in ("text", "json"):
        raise ConfigError(f"log.format must be text or json, not {config.log.format!r}.")
    if config.log.level not in ("debug", "info", "warning", "error"):
        raise ConfigError(f"log.level must be debug, info, warning or error, not {config.log.level!r}.")


def _check_providers(console: ConsoleSettings) -> None:
    for name, table in console.oidc.items():
        try:
            sign_in_provider.provider(name, table)
        except Invalid as error:
            raise ConfigError(f"console.oidc.{error}") from error


def _check_jobs(jobs: JobSettings) -> None:
    if jobs.s3_endpoint and not jobs.s3_endpoint.startswith(("http://", "https://")):
        raise ConfigError(f"jobs.s3_endpoint must be a URL, not {jobs.s3_endpoint!r}.")
    if bool(jobs.s3_endpoint) != bool(jobs.s3_bucket):
        raise ConfigError("jobs.s3_endpoint and jobs.s3_bucket belong together: set both or neither.")


def _check_targets(events: EventSettings) -> None:
    """Where EventBridge and Firehose destinations lead."""
    if events.eventbridge_endpoint and events.eventbridge_url:
        raise ConfigError("events.eventbridge_endpoint and events.eventbridge_url exclude each other: set one.")
    for key in ("eventbridge_endpoint", "eventbridge_url", "s3_endpoint"):
        if (value := getattr(events, key)) and not value.startswith(("http://", "https://")):
            raise ConfigError(f"events.{key} must begin with http:// or https://.")
    for stream, place in events.firehose.items():
        if not re.fullmatch(r"([0-9]{12}/)?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}", stream):
            raise ConfigError(f"events.firehose names {stream!r}, which is no name of a stream.")
        if place.startswith("s3://"):
            _check_bucket(stream, place, events)
        elif not place.startswith(("http://", "https://", "/")):
            raise ConfigError(f"events.firehose lets {stream} lead to {place!r}: it must be a folder, s3:// or a URL.")


def _check_bucket(stream: str, place: str, events: EventSettings) -> None:
    if not events.s3_endpoint:
        raise ConfigError(f"events.firehose lets {stream} lead to a bucket, and events.s3_endpoint is not set.")
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{2,62}(/[A-Za-z0-9._~-]+)*/?", place):
        raise ConfigError(f"events.firehose lets {stream} lead to {place!r}, which is no s3://bucket/prefix.")


def _check_reputation(config: Config) -> None:
    settings = config.reputation
    for name in ("bounce", "complaint"):
        review, pause = getattr(settings, f"{name}_review"), getattr(settings, f"{name}_pause")
        if not 0 < review <= pause <= 100:
            raise ConfigError(
                f"reputation.{name}_review and reputation.{name}_pause must be from above 0 to 100,"
                " and the first not above the second."
            )
    if settings.minimum_volume < 1:
        raise ConfigError(f"reputation.minimum_volume must be at least 1, not {settings.minimum_volume}.")
    if settings.pause not in ("off", "stream", "account"):
        raise ConfigError(f"reputation.pause must be off, stream or account, not {settings.pause!r}.")
    if not 1 <= config.retention.audit_days <= 36_500:
        raise ConfigError(f"retention.audit_days must be from 1 to 36500, not {config.retention.audit_days}.")
    if not 91 <= config.retention.count_days <= 36_500:
        raise ConfigError(f"retention.count_days must be from 91 to 36500, not {config.retention.count_days}.")


def _check_regions(service: ServiceSettings) -> None:
    """A region is a label in host names, and a word in signatures."""
    for region in (service.region, *service.regions):
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", region) or len(region) > 40:
            raise ConfigError(f"service.regions holds {region!r}, which is no name of a region such as us-east-1.")
    if service.regions and service.region not in service.regions:
        raise ConfigError(f"service.regions must hold service.region, which is {service.region}.")


def _check_ports(config: Config) -> None:
    ports = {
        "http.port": config.http.port,
        "submission.starttls_port": config.submission.starttls_port,
        "submission.tls_port": config.submission.tls_port,
        "inbound.port": config.inbound.port,
        "dns.port": config.dns.port,
        "delivery.port": config.delivery.port,
        "delivery.policy_port": config.delivery.policy_port,
    }
    for key, port in ports.items():
        if not 1 <= port <= 65535:
            raise ConfigError(f"{key} must be from 1 to 65535, not {port}.")
    _check_ports_differ({key: port for key, port in ports.items() if not key.startswith("delivery.")})


def _check_ports_differ(ports: Mapping[str, int]) -> None:
    """All listen on one machine. DNS has its TCP side, too."""
    seen: dict[int, str] = {}
    for key, port in ports.items():
        if port in seen:
            raise ConfigError(f"{seen[port]} and {key} are the same port, {port}.")
        seen[port] = key


def _check_addresses(key: str, values: Sequence[str]) -> None:
    for value in values:
        try:
            ipaddress.ip_address(value)
        except ValueError as error:
            raise ConfigError(f"{key} holds {value!r}, which is not an IP address.") from error


def _check_servers(key: str, values: Sequence[str]) -> None:
    """`192.0.2.1:53` or `[2001:db8::1]:53`."""
    for value in values:
        host, _, port = value.rpartition(":")
        try:
            ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        except ValueError as error:
            raise ConfigError(f"{key} holds {value!r}, which is not an IP address and a port.") from error
        if not port.isdecimal() or not 1 <= int(port) <= 65535:
            raise ConfigError(f"{key} holds {value!r}, which is not an IP address and a port.")


def _check_networks(key: str, values: Sequence[str]) -> None:
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            raise ConfigError(f"{key} holds {value!r}, which is not a network such as 10.0.0.0/8.") from error
