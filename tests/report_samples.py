"""Aggregate reports and the mails that bring them, for tests."""

import base64
import gzip
import io
import zipfile
from html import escape


def record(
    source: str = "192.0.2.1",
    count: str = "10",
    *,
    disposition: str = "none",
    dkim: str = "pass",
    spf: str = "fail",
    header_from: str = "example.com",
    reason: str = "",
) -> str:
    because = f"<reason><type>{reason}</type><comment>x</comment></reason>" if reason else ""
    return (
        f"<record><row><source_ip>{escape(source)}</source_ip><count>{escape(count)}</count><policy_evaluated>"
        f"<disposition>{disposition}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf>{because}</policy_evaluated></row>"
        f"<identifiers><header_from>{escape(header_from)}</header_from>"
        "<envelope_from>bounce.example.com</envelope_from></identifiers>"
        f"<auth_results><dkim><domain>example.com</domain><selector>s1</selector><result>{dkim}</result></dkim>"
        f"<spf><domain>bounce.example.com</domain><scope>mfrom</scope><result>{spf}</result></spf></auth_results>"
        "</record>"
    )


def report(
    *records: str,
    report_id: str = "2939",
    domain: str = "example.com",
    org_name: str = "Receiver Inc.",
    begin: int = 1767225600,
    days: int = 1,
) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feedback>\n<version>1.0</version>\n<report_metadata>'
        f"<org_name>{escape(org_name)}</org_name><email>noreply@receiver.test</email>"
        f"<report_id>{report_id}</report_id>"
        f"<date_range><begin>{begin}</begin><end>{begin + days * 86400}</end></date_range></report_metadata>\n"
        f"<policy_published><domain>{escape(domain)}</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp>"
        "<pct>100</pct></policy_published>\n" + "\n".join(records) + "\n</feedback>\n"
    ).encode()


REPORT = report(record(), record("2001:db8::1", "2", disposition="quarantine", dkim="fail", reason="mailing_list"))


def zipped(document: bytes, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("receiver.test!example.com!1767225600!1767312000.xml", document)
    return out.getvalue()


def mail_with(data: bytes, content_type: str = "application/octet-stream") -> bytes:
    """A receiver's mail with one attachment."""
    body = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return (
        b"From: noreply@receiver.test\r\nTo: dmarc-reports@tayori.test\r\nMIME-Version: 1.0\r\n"
        b"Subject: Report domain: example.com Submitter: receiver.test Report-ID: <2939>\r\n"
        b'Content-Type: multipart/mixed; boundary="zz"\r\n\r\n--zz\r\nContent-Type: text/plain\r\n\r\n'
        b"A report is attached.\r\n--zz\r\nContent-Type: " + content_type.encode() + b'; name="r"\r\n'
        b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n" + body + b"--zz--\r\n"
    )


def report_mail(document: bytes = REPORT) -> bytes:
    return mail_with(gzip.compress(document), "application/gzip")
