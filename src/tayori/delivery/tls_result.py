"""Whom delivery tells what came of TLS.

Owns the protocol only: the values are `model.tls_result`'s, so that rows and reports know them, too. RFC 8460.
"""

from typing import Protocol

from tayori.model.tls_result import PolicyType as PolicyType
from tayori.model.tls_result import ReportedPolicy as ReportedPolicy
from tayori.model.tls_result import ResultType as ResultType
from tayori.model.tls_result import TlsResult as TlsResult


class TlsObserver(Protocol):
    """Called for every connection; it must neither wait nor raise, and costs what it costs to each of them."""

    def saw(self, result: TlsResult) -> None: ...


class Unobserved:
    """Nobody counts."""

    def saw(self, result: TlsResult) -> None:
        """Forget it."""
