"""What the doctor asks of the sending host, with answers that a test makes up."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography import x509

from tayori.cli.check import Check, Health
from tayori.cli.host_checks import certificate_names, listed, writable
from tayori.cli.words import LANGUAGES, Words
from tayori.mail.answer import Answer, AnswerStatus
from tayori.rehearsal.authority import CertificateAuthority

LIST = "list.test"
USUAL = {f"2.0.0.127.{LIST}": "127.0.0.2"}


class Answers:
    """A resolver of a few A records."""

    def __init__(self, records: Mapping[str, str]) -> None:
        self.records = records
        self.asked: list[str] = []

    async def resolve(self, name: str, rdtype: str) -> Answer:
        self.asked.append(name)
        value = self.records.get(name)
        status = AnswerStatus.FOUND if value else AnswerStatus.NXDOMAIN
        return Answer(name=name, rdtype=rdtype, status=status, values=(value,) if value else ())


def _said(check: Check) -> Check:
    """Every check can be said in both languages."""
    for language in LANGUAGES:
        words = Words(language)
        texts = (check.title(words), check.expected(words), check.remedy(words), check.seen(words))
        assert all(text and "{" not in text for text in texts)
    return check


@pytest.mark.parametrize(
    ("records", "health"),
    [
        (USUAL, Health.OK),
        ({**USUAL, f"8.8.8.8.{LIST}": "127.0.0.4"}, Health.FAILED),
        ({**USUAL, f"8.8.8.8.{LIST}": "127.255.255.254"}, Health.OK),  # "this resolver may not ask"
        ({}, Health.WARNING),  # no test entry: the list does not answer us
        ({**USUAL, f"1.0.0.127.{LIST}": "127.0.0.2", f"8.8.8.8.{LIST}": "127.0.0.2"}, Health.WARNING),  # lists all
    ],
)
def test_block_lists(run, records: Mapping[str, str], health: Health) -> None:
    check = _said(run(listed(Answers(records), ["8.8.8.8"], [LIST])))
    assert check.health is health


def test_an_ipv6_address_is_asked_for_nibble_by_nibble(run) -> None:
    answers = Answers(USUAL)
    run(listed(answers, ["2606:4700::1111"], [LIST]))
    assert f"1.1.1.1.{'0.' * 20}0.0.7.4.6.0.6.2.{LIST}" in answers.asked


def test_private_addresses_are_on_no_list_and_not_asked_for(run) -> None:
    answers = Answers(USUAL)
    check = _said(run(listed(answers, ["127.77.1.1", "10.0.0.1"], [LIST])))
    assert (check.health, answers.asked) == (Health.OK, [])
    assert check.seen(Words("en")) == "127.77.1.1, 10.0.0.1 (not public, so not asked for)"


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    assert _said(writable(tmp_path)).health is Health.OK
    assert list(tmp_path.iterdir()) == []
    assert _said(writable(tmp_path / "absent")).health is Health.FAILED


def test_the_names_of_a_certificate(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    authority.issue_files(tmp_path / "c.pem", tmp_path / "c.key", ("smtp.shop.test", "*.wild.test"), ())
    certificate = x509.load_pem_x509_certificate((tmp_path / "c.pem").read_bytes())
    assert _said(certificate_names(certificate, "smtp.shop.test")).health is Health.OK
    assert certificate_names(certificate, "any.wild.test").health is Health.OK
    assert _said(certificate_names(certificate, "smtp.other.test")).health is Health.WARNING
