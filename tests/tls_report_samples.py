"""Reports on TLS and the mails that bring them, for tests."""

import base64
import gzip
import json
from typing import Any

from tayori.mail.fields import Field, join

# RFC 8460 appendix B.
EXAMPLE: dict[str, Any] = {
    "organization-name": "Company-X",
    "date-range": {"start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z"},
    "contact-info": "sts-reporting@company-x.example",
    "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
    "policies": [
        {
            "policy": {
                "policy-type": "sts",
                "policy-string": ["version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400"],
                "policy-domain": "company-y.example",
                "mx-host": "*.mail.company-y.example",
            },
            "summary": {"total-successful-session-count": 5326, "total-failure-session-count": 303},
            "failure-details": [
                {
                    "result-type": "certificate-expired",
                    "sending-mta-ip": "2001:db8:abcd:0012::1",
                    "receiving-mx-hostname": "mx1.mail.company-y.example",
                    "failed-session-count": 100,
                },
                {
                    "result-type": "starttls-not-supported",
                    "sending-mta-ip": "2001:db8:abcd:0013::1",
                    "receiving-mx-hostname": "mx2.mail.company-y.example",
                    "receiving-ip": "203.0.113.56",
                    "failed-session-count": 200,
                    "additional-information": (
                        "https://reports.company-x.example/report_info?id=5065427c-23d3#StarttlsNotSupported "
                    ),
                },
                {
                    "result-type": "validation-failure",
                    "sending-mta-ip": "198.51.100.62",
                    "receiving-ip": "203.0.113.58",
                    "receiving-mx-hostname": "mx-backup.mail.company-y.example",
                    "failed-session-count": 3,
                    "failure-reason-code": "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED",
                },
            ],
        }
    ],
}


def policy(
    domain: str = "example.com", *, kind: str = "sts", successful: int = 10, failures: dict[str, int] | None = None
) -> dict[str, Any]:
    found = failures or {}
    return {
        "policy": {"policy-type": kind, "policy-string": ["version: STSv1"], "policy-domain": domain},
        "summary": {"total-successful-session-count": successful, "total-failure-session-count": sum(found.values())},
        "failure-details": [
            {
                "result-type": result,
                "sending-mta-ip": "192.0.2.9",
                "receiving-mx-hostname": f"mx.{domain}",
                "failed-session-count": count,
            }
            for result, count in found.items()
        ],
    }


def document(
    *policies: dict[str, Any],
    report_id: str = "r1",
    organization: str = "Sender Inc.",
    day: str = "2026-01-01",
) -> bytes:
    return json.dumps(
        {
            "organization-name": organization,
            "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
            "contact-info": "tls@sender.test",
            "report-id": report_id,
            "policies": list(policies or (policy(),)),
        }
    ).encode()


def mail_with_report(data: bytes, *, about: str = "example.com", packed: bool = True) -> bytes:
    """As a sender hands it in; RFC 8460 5.3."""
    head = [
        Field.make("From", "tlsrpt@sender.test"),
        Field.make("To", "tls-reports@tayori.test"),
        Field.make("Subject", f"Report Domain: {about} Submitter: sender.test Report-ID: <r1>"),
        Field.make("TLS-Report-Domain", about),
        Field.make("TLS-Report-Submitter", "sender.test"),
        Field.make("MIME-Version", "1.0"),
        Field.make("Content-Type", 'multipart/report; report-type="tlsrpt"; boundary="zz"'),
    ]
    content_type = b"application/tlsrpt+gzip" if packed else b"application/tlsrpt+json"
    body = gzip.compress(data) if packed else data
    return (
        join(head) + b"\r\n--zz\r\nContent-Type: text/plain\r\n\r\nThis is an aggregate TLS report.\r\n"
        b"--zz\r\nContent-Type: "
        + content_type
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(body).replace(b"\n", b"\r\n")
        + b"--zz--\r\n"
    )
