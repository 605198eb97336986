"""Publishing through octoDNS's own providers: YAML files, zone files, and RFC 2136 at a real BIND."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_plans import plan_at

import bind_server
from tayori.dns.octodns_provider import OctoDnsProvider
from tayori.dns.publishing import PublishError
from tayori.model.domain_plan import Change
from tayori.model.zone_edit import ConflictReason, edits_of

STANDING = """---
? ''
: - type: A
    value: 192.0.2.1
  - type: NS
    values: [ns1.example.net., ns2.example.net.]
  - type: TXT
    values:
    - v=spf1 mx -all
    - semi\\;colon
bounce:
- type: MX
  values:
  - exchange: feedback-smtp.eu-west-1.mail.example.net.
    preference: 10
- ttl: 300
  type: TXT
  values:
  - v=spf1 ip4:192.0.2.0/24 include:_spf.other.example ~all
  - owner "of this\\; and that"
www:
  octodns:
    lenient: true
  ttl: 300
  type: CNAME
  value: example.com.
"""


def configured(folder: Path, provider: str, zones: str = "{example.com.: {sources: [live], targets: [live]}}") -> Path:
    config = folder / "octodns.yaml"
    config.write_text(f"providers:\n  live:\n{provider}\nzones: {zones}\n")
    return config


@pytest.fixture
def yaml_zone(tmp_path: Path) -> Path:
    (tmp_path / "zones").mkdir()
    path = tmp_path / "zones" / "example.com.yaml"
    path.write_text(STANDING)
    return path


def yaml_provider(folder: Path, **more: str) -> Path:
    lines = ["class: octodns.provider.yaml.YamlProvider", f"directory: {folder}/zones", "escaped_semicolons: true"]
    lines += [f"{name}: {value}" for name, value in more.items()]
    return configured(folder, "\n".join(f"    {line}" for line in lines))


def flat(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Type and value of each; octoDNS puts values in an order of its own."""
    return sorted((one["type"], value) for one in records for value in one.get("values") or [one["value"]])


def test_what_is_missing_comes_and_what_belongs_to_others_stays(run: Any, tmp_path: Path, yaml_zone: Path) -> None:
    before = yaml.safe_load(STANDING)

    async def publish() -> Any:
        way = OctoDnsProvider(yaml_provider(tmp_path), "live")
        assert await way.open("example.com", "never.asked") == "example.com"
        plan = await plan_at(way)
        found = edits_of(plan)
        await way.check(found.edits)
        assert yaml_zone.read_text() == STANDING, "looking changes nothing"
        await way.apply("example.com", found.edits)
        return plan, found

    plan, found = run(publish())
    assert {record.change for record in plan.records} == {Change.ADD, Change.MERGE, Change.REPLACE}
    assert found.conflicts == ()
    after = yaml.safe_load(yaml_zone.read_text())
    assert flat(after[""]) == flat(before[""])
    assert after["www"] == before["www"]
    assert after["t1._domainkey"]["value"] == "t1.dkim.mail.example.net."
    mx, txt = sorted(after["bounce"], key=lambda each: each["type"])
    assert (mx.get("values") or [mx["value"]]) == [
        {"exchange": "feedback-smtp.us-east-1.mail.example.net.", "preference": 10}
    ]
    assert txt["ttl"] == 300, "values of others keep their TTL"
    merged = "v=spf1 ip4:192.0.2.0/24 include:_spf.other.example include:spf.mail.example.net ~all"
    assert sorted(txt["values"]) == sorted(['owner "of this\\; and that"', merged])
    assert after["_dmarc"]["value"].startswith("v=DMARC1\\; p=none")

    async def again() -> Any:
        way = OctoDnsProvider(yaml_provider(tmp_path), "live")
        await way.open("example.com", "never.asked")
        return await plan_at(way)

    assert run(again()).is_complete


def test_a_foreign_mx_is_left_to_a_person(run: Any, tmp_path: Path, yaml_zone: Path) -> None:
    yaml_zone.write_text(STANDING.replace("feedback-smtp.eu-west-1.mail.example.net.", "mx.elsewhere.example."))

    async def look() -> Any:
        way = OctoDnsProvider(yaml_provider(tmp_path), "live")
        await way.open("example.com", "")
        return edits_of(await plan_at(way))

    (conflict,) = run(look()).conflicts
    assert (conflict.record.rdtype, conflict.reason) == ("MX", ConflictReason.FOREIGN)


def test_a_name_with_an_alias_takes_no_other_record(run: Any, tmp_path: Path, yaml_zone: Path) -> None:
    yaml_zone.write_text(STANDING.replace("www:", "_dmarc:"))

    async def publish() -> None:
        way = OctoDnsProvider(yaml_provider(tmp_path, enforce_order="false"), "live")
        await way.open("example.com", "")
        await way.check(edits_of(await plan_at(way)).edits)

    with pytest.raises(PublishError, match="has CNAME, beside which no TXT may stand"):
        run(publish())


def test_a_provider_that_writes_zones_anew_is_refused(run: Any, tmp_path: Path) -> None:
    """octoDNS's provider for zone files says, asked as a target, that nothing is there: all else would be lost."""
    zone = tmp_path / "example.com.zone"
    zone.write_text(f"$ORIGIN example.com.\n{bind_server.SOA}www 300 IN A 192.0.2.7\n")
    before = zone.read_text()
    provider = f"    class: octodns_bind.ZoneFileProvider\n    directory: {tmp_path}\n    file_extension: .zone"

    async def publish() -> None:
        way = OctoDnsProvider(configured(tmp_path, provider), "live")
        await way.open("example.com", "")
        found = edits_of(await plan_at(way))
        assert found.edits
        await way.apply("example.com", found.edits)

    with pytest.raises(PublishError, match="which is not this service's"):
        run(publish())
    assert zone.read_text() == before


def test_rfc_2136_by_octodns_at_a_real_server(run: Any, tmp_path: Path) -> None:
    standing = '_dmarc 300 IN TXT "v=DMARC1; p=reject"\n_dmarc 300 IN TXT "somebody; else"\nwww 300 IN A 192.0.2.7\n'
    with bind_server.running(tmp_path, "example.com", f"$ORIGIN example.com.\n{bind_server.SOA}{standing}") as server:
        lines = (
            "class: octodns_bind.Rfc2136Provider",
            "host: 127.0.0.1",
            f"port: {server.port}",
            f"key_name: {bind_server.KEY_NAME}",
            f"key_secret: {server.secret}",
            f"key_algorithm: {bind_server.ALGORITHM}",
        )
        provider = "\n".join(f"    {line}" for line in lines)

        async def publish() -> Any:
            # The zone is none of the configuration's: whoever asks has found it.
            way = OctoDnsProvider(configured(tmp_path, provider, "{}"), "live")
            assert await way.open("example.com", "example.com") == "example.com"
            plan = await plan_at(way)
            edits = edits_of(plan).edits
            await way.check(edits)
            assert server.values("t1._domainkey.example.com", "CNAME") == []
            await way.apply("example.com", edits)
            return plan

        plan = run(publish())
        assert [record.change for record in plan.records if record.purpose == "dmarc"] == [Change.NONE]
        assert server.values("t1._domainkey.example.com", "CNAME") == ["t1.dkim.mail.example.net."]
        assert server.values("bounce.example.com", "MX") == ["10 feedback-smtp.us-east-1.mail.example.net."]
        assert server.values("bounce.example.com", "TXT") == ['"v=spf1 include:spf.mail.example.net ~all"']
        assert server.values("_dmarc.example.com", "TXT") == ['"somebody; else"', '"v=DMARC1; p=reject"']
        assert server.values("www.example.com", "A") == ["192.0.2.7"]
        assert server.values("example.com", "NS") == ["ns.example.com."]


def _nothing(folder: Path) -> Path:
    return folder / "none.yaml"


def _no_zones(folder: Path) -> Path:
    path = folder / "octodns.yaml"
    path.write_text("providers: {}\n")
    return path


def _unknown_class(folder: Path) -> Path:
    return configured(folder, "    class: octodns.provider.none.Such")


def _nameless(folder: Path) -> Path:
    return configured(
        folder, "    class: octodns.provider.yaml.YamlProvider\n    directory: .\n    escaped_semicolons: true"
    ).rename(folder / "x.yaml")


def _source_only(folder: Path) -> Path:
    return configured(folder, "    class: octodns.source.envvar.EnvVarSource\n    variable: HOME\n    name: x")


@pytest.mark.parametrize(
    ("config", "name", "sentence"),
    [
        (_nothing, "live", "There is no octoDNS configuration"),
        (_no_zones, "live", "it needs providers and zones"),
        (_unknown_class, "live", "did not take part"),
        (_nameless, "other", "has no provider other. It has: live."),
        (_source_only, "live", "is a source"),
        (lambda folder: yaml_provider(folder), "live", "no YAMLs found"),
    ],
)
def test_why_it_cannot_is_said_in_a_sentence(
    run: Any, tmp_path: Path, config: Callable[[Path], Path], name: str, sentence: str
) -> None:
    async def publish() -> None:
        await OctoDnsProvider(config(tmp_path), name).open("example.com", "example.com")

    with pytest.raises(PublishError, match=sentence) as raised:
        run(publish())
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")


def test_a_provider_that_may_apply_nothing_has_applied_nothing(run: Any, tmp_path: Path, yaml_zone: Path) -> None:
    async def publish() -> None:
        way = OctoDnsProvider(yaml_provider(tmp_path, apply_disabled="true"), "live")
        await way.open("example.com", "")
        await way.apply("example.com", edits_of(await plan_at(way)).edits)

    with pytest.raises(PublishError, match="to apply nothing"):
        run(publish())
    assert yaml_zone.read_text() == STANDING
