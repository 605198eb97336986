"""A domain's MTA-STS policy as a sender keeps it, and why there is none.

Owns the values that travel between the rows, which keep policies over restarts, and delivery, which obeys them.
RFC 8461 3.3 (fetching), 5.1 (which policy holds).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tayori.mail.mta_sts import MtaStsPolicy
from tayori.model.tls_result import ResultType

_LONGEST_FRESH = timedelta(days=1)
_SHORTEST = timedelta(minutes=5)  # or a policy of no age would be fetched for every connection


@dataclass(frozen=True, slots=True, kw_only=True)
class StsPolicy:
    """`policy_id` is the id of the TXT record under which it was fetched."""

    domain: str
    policy_id: str
    policy: MtaStsPolicy
    fetched_at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.fetched_at + max(timedelta(seconds=self.policy.max_age), _SHORTEST)

    @property
    def refresh_at(self) -> datetime:
        """Long before it expires, so that a policy host that is down for a while takes nothing away (RFC 8461 10.2)."""
        half = timedelta(seconds=self.policy.max_age / 2)
        return self.fetched_at + min(max(half, _SHORTEST), _LONGEST_FRESH)

    @property
    def doubtful_at(self) -> datetime:
        """When a host that fails it is reason enough to look for another one."""
        return self.fetched_at + _SHORTEST


@dataclass(frozen=True, slots=True, kw_only=True)
class StsTrouble:
    """The domain says that it has a policy, and there is none to obey: mail goes as if it had none (RFC 8461 5.1)."""

    result: ResultType
    words: str
