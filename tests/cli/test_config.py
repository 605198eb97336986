"""`tayori config`: the settings in force with their origins, the sample file, the reference page."""

import dataclasses
import re
from pathlib import Path

import pytest
from command_tests import Tayori

from tayori import config
from tayori.cli.lookup import servers

MINIMUM = '[service]\ndomain = "mail.example"\nroles = ["api"]\n'


def test_each_setting_shows_where_it_comes_from(
    tayori: Tayori, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tayori.toml"
    file.write_text(MINIMUM + 'region = "eu-west-1"\nworkers = 2\n[log]\nlevel = "debug"\n', "utf-8")
    monkeypatch.setenv("TAYORI_SERVICE_REGION", "ap-northeast-1")
    monkeypatch.setenv("TAYORI_HTTP_PORT", "7000")
    shown = tayori("config", "show", "--origin", "--config", file, "--port-base", "9000", "--data", tmp_path, "--json")
    found = {entry["key"]: (entry["value"], entry["origin"]) for entry in shown.json}
    assert found["service.workers"] == (2, str(file))
    assert found["log.level"] == ("debug", str(file))
    assert found["service.region"] == ("ap-northeast-1", "environment")
    assert found["http.port"] == (9000, "command line")
    assert found["http.host"] == ("127.0.0.1", "default")


def test_every_setting_is_shown_without_origins_too(tayori: Tayori, tmp_path: Path) -> None:
    file = tmp_path / "tayori.toml"
    file.write_text(MINIMUM, "utf-8")
    shown = tayori("config", "show", "--config", file, "--data", tmp_path).out.splitlines()
    known = [f"{section}.{f.name}" for section, kind in config.SECTIONS.items() for f in dataclasses.fields(kind)]
    assert [line.split()[0] for line in shown] == known


def test_a_rehearsal_names_itself_as_origin(tayori: Tayori, tmp_path: Path) -> None:
    shown = tayori("config", "show", "--origin", "--rehearsal", "--port-base", "9000", "--data", tmp_path, "--json")
    found = {entry["key"]: (entry["value"], entry["origin"]) for entry in shown.json}
    assert found["service.domain"] == ("tayori.test", "--rehearsal")
    assert found["delivery.port"] == (9007, "--rehearsal")
    assert found["dns.port"] == (9004, "command line")


def test_the_password_of_a_database_is_not_shown(tayori: Tayori, tmp_path: Path) -> None:
    file = tmp_path / "tayori.toml"
    file.write_text(MINIMUM, "utf-8")
    url = "postgresql://tayori:se@cret@db/tayori"
    shown = tayori("config", "show", "--config", file, "--database", url, "--data", tmp_path).out
    assert "cret@" not in shown
    assert '"postgresql://tayori:(hidden)@db/tayori"' in shown


def test_the_sample_changes_nothing_and_has_every_default(tayori: Tayori, tmp_path: Path) -> None:
    printed = tayori("config", "sample").out
    file = tmp_path / "tayori.toml"
    file.write_text(printed.replace("[service]", MINIMUM), "utf-8")
    base = config.load(tmp_path, file=file, environment={})
    # What a user gets who takes away every comment sign before a setting.
    file.write_text(re.sub(r"^#(?=\w+ = )", "", printed, flags=re.MULTILINE), "utf-8")
    needed = {"TAYORI_SERVICE_DOMAIN": "mail.example", "TAYORI_SERVICE_ROLES": "api"}
    assert config.load(tmp_path, file=file, environment=needed) == base


def test_the_reference_has_a_row_for_each_setting(tayori: Tayori) -> None:
    printed = tayori("config", "reference").out
    rows = [line for line in printed.splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(dataclasses.fields(kind)) for kind in config.SECTIONS.values())
    assert all(row.count("|") == 6 for row in rows)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("127.0.0.1:8606", [("127.0.0.1", 8606)]),
        ("192.0.2.53", [("192.0.2.53", 53)]),
        ("[2001:db8::1]:5353", [("2001:db8::1", 5353)]),
        ("2001:db8::1", [("2001:db8::1", 53)]),
        ("192.0.2.1:53, 192.0.2.2:54", [("192.0.2.1", 53), ("192.0.2.2", 54)]),
    ],
)
def test_resolvers_are_read_as_the_service_reads_them(text: str, expected: list[tuple[str, int]]) -> None:
    assert servers(text) == expected


@pytest.mark.parametrize(
    ("settings", "region", "regions"),
    [
        ("", "us-east-1", ("us-east-1",)),
        ('region = "eu-west-1"', "eu-west-1", ("eu-west-1",)),
        ('regions = ["ap-northeast-1", "us-east-1"]', "ap-northeast-1", ("ap-northeast-1", "us-east-1")),
        ('region = "us-east-1"\nregions = ["eu-west-1", "us-east-1"]', "us-east-1", ("us-east-1", "eu-west-1")),
    ],
)
def test_regions_that_are_served(tmp_path: Path, settings: str, region: str, regions: tuple[str, ...]) -> None:
    file = tmp_path / "tayori.toml"
    file.write_text(MINIMUM + settings, "utf-8")
    loaded = config.load(tmp_path, file=file, environment={})
    assert (loaded.service.region, loaded.regions) == (region, regions)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ('region = "eu-west-1"\nregions = ["us-east-1"]', "service.regions must hold service.region"),
        ('region = "EU West"', "no name of a region"),
        ('regions = ["us-east-1", "x.y"]', "no name of a region"),
        ("[dkim]\nrotation_days = 3", "must be 0, or from 7 to 36500"),
    ],
)
def test_regions_and_rotations_that_cannot_be(tmp_path: Path, settings: str, sentence: str) -> None:
    file = tmp_path / "tayori.toml"
    file.write_text(MINIMUM + settings, "utf-8")
    with pytest.raises(config.ConfigError, match=sentence):
        config.load(tmp_path, file=file, environment={})
