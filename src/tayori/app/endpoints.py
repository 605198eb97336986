"""What a running service tells other commands about itself: a file in the data folder.

`tayori env`, `wait` and the rest read it. It holds the database's URL, so only its owner may read it.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FILE_NAME = "service.json"


class NotRunning(Exception):
    """There is no service on this data folder; the text says how to start one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where a service listens, and how to reach its store. Ports of 0 mean that the node does not have that role."""

    pid: int
    http: str
    region: str
    service_domain: str
    ehlo_name: str
    database_url: str
    clock_file: str
    submission_host: str
    starttls_port: int
    tls_port: int
    ca_file: str
    inbound_host: str
    inbound_port: int
    dns_host: str
    dns_port: int
    rehearsal: bool
    rehearsal_folder: str
    resolver: str
    delivery_port: int
    trust_ad: bool = False  # what the resolver says it has validated is believed
    regions: list[str] = field(default_factory=list)  # all that are served; empty where there is only `region`
    private_networks: list[str] = field(default_factory=list)  # that mail may be delivered to
    reputation: dict[str, Any] = field(default_factory=dict)  # its settings
    outgoing_addresses: list[str] = field(default_factory=list)  # that receivers see mail come from
    console: bool = False  # whether this node offers the console, at `http` and /console/
    feedback_loops_file: str = ""  # the operator's own part of the table of feedback loops
    jobs_folder: str = ""  # of import and export jobs' files, where it is not below the data folder


def write(data: Path, endpoints: Endpoints) -> None:
    path = data / FILE_NAME
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(endpoints), file, indent=2)
    temporary.replace(path)


def read(data: Path) -> Endpoints:
    """Raises NotRunning where no service has ever been started on `data`."""
    try:
        return Endpoints(**json.loads((data / FILE_NAME).read_text("utf-8")))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotRunning(
            f"No service has been started on {data}. Start one with: tayori up --data {data} (or name its folder with "
            "--data)."
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise NotRunning(f"{data / FILE_NAME} cannot be read; start the service again: tayori up.") from error
