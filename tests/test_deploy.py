"""What operators are given speaks of what there is: metrics by names that exist, settings that are settings."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tayori import config

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
METRIC = re.compile(r"\btayori_[a-z_]+")


def exposed() -> str:
    """All sources that write metrics, with the parts of names that are put together there."""
    sources = (path.read_text("utf-8") for path in (ROOT / "src/tayori/app").glob("*.py"))
    text = "\n".join(text for text in sources if "# TYPE" in text)
    for label in ("destination", "account"):
        text += f"\ntayori_queue_{label}_recipients\ntayori_queue_{label}_oldest_seconds"
    return text + "\ntayori_reputation_bounce_rate\ntayori_reputation_complaint_rate"


def expressions() -> list[str]:
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text("utf-8"))
    board = json.loads((DEPLOY / "grafana/tayori.json").read_text("utf-8"))
    return [
        *(rule["expr"] for group in rules["groups"] for rule in group["rules"]),
        *(target["expr"] for panel in board["panels"] for target in panel["targets"]),
    ]


@pytest.mark.parametrize("expression", expressions())
def test_alerts_and_panels_ask_for_metrics_that_there_are(expression: str) -> None:
    known = set(METRIC.findall(exposed()))
    assert set(METRIC.findall(expression)) <= known


def test_panels_lie_beside_each_other() -> None:
    board = json.loads((DEPLOY / "grafana/tayori.json").read_text("utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def environment() -> dict[str, str]:
    """Every variable of the container file and of the compose file."""
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    found = dict(re.findall(r"(TAYORI_\w+)=(\S+)", text))
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    for service in compose["services"].values():
        found |= {
            name: str(value) for name, value in service.get("environment", {}).items() if name.startswith("TAYORI")
        }
    return found


def test_the_containers_variables_are_settings() -> None:
    names = {f"TAYORI_{section}_{key}".upper() for section, kind in config.SECTIONS.items() for key in keys(kind)}
    assert set(environment()) - names == {"TAYORI_DATA"}


def keys(kind: Any) -> list[str]:
    return list(kind.__dataclass_fields__)


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes/tayori.yaml").read_text("utf-8")))


def test_the_manifests_settings_can_be_loaded_and_their_ports_are_the_containers(tmp_path: Path) -> None:
    (settings,) = (one for one in manifests() if one["kind"] == "ConfigMap")
    values = tomllib.loads(settings["data"]["tayori.toml"])
    for name in ("certificate", "key"):
        (tmp_path / name).touch()
        values["submission"][name] = str(tmp_path / name)
    loaded = config.load(tmp_path, environment={}, overrides=values)
    listening = {
        loaded.http.port,
        loaded.submission.starttls_port,
        loaded.submission.tls_port,
        loaded.inbound.port,
        loaded.dns.port,
    }
    containers = [
        one["spec"]["template"]["spec"]["containers"][0] for one in manifests() if one["kind"] == "Deployment"
    ]
    assert {port["containerPort"] for one in containers for port in one["ports"]} == listening
    names = {port["name"] for one in containers for port in one["ports"]}
    services = [one for one in manifests() if one["kind"] == "Service"]
    assert {port["targetPort"] for one in services for port in one["spec"]["ports"]} == names
    roles = {role for one in containers for role in one["args"][-1].split(",")}
    assert roles == set(config.ROLES)
    in_image = {value for name, value in environment().items() if name.endswith("PORT")}
    assert in_image == {str(port) for port in listening}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed here")
def test_promtool_takes_the_rules() -> None:
    subprocess.run(["promtool", "check", "rules", str(DEPLOY / "prometheus/alerts.yml")], check=True)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "tayori.service"
    text = (DEPLOY / "systemd/tayori.service").read_text("utf-8")
    unit.write_text(text.replace("/opt/tayori/bin/tayori", "/bin/true"), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "tayori.service" not in done.stderr
