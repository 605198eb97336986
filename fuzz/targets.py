"""What is fuzzed: for each parser a function of octets that fails when a promise of the parser is broken, and seeds.

Every target bounds its own work. The promises: nothing is raised but the parser's own error, any way of cutting the
input into pieces gives the same, and what comes out keeps the rules that the rest of the house relies on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fuzz import targets_dns, targets_mail, targets_smtp, targets_tracking


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...] = field(repr=False)


TARGETS: Mapping[str, Target] = {
    name: Target(run=run, seeds=seeds)
    for module in (targets_smtp, targets_mail, targets_dns, targets_tracking)
    for name, (run, seeds) in module.TARGETS.items()
}
