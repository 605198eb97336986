"""`python -m bench [BENCHMARK …] [--rounds N] [--messages N]`; without a name, the first five of them.

end_to_end, unsigned, api, accept, tls; and, only when named, large, latency, `fairness [--bulk N]`,
`growth [--recipients N] [--domains M]`, `search [--searched N]`, `storm [--bounces N]`, `templates`,
`imports [--contacts N]`, `console`, `lighthouse` and `guard [--record]`.
"""

import argparse
import sys
from collections.abc import Callable

from bench import (
    accept,
    api,
    console_lighthouse,
    console_pages,
    end_to_end,
    fairness,
    growth,
    guard,
    imports,
    large,
    latency,
    search,
    storm,
    templates,
    tls,
)

_UNASKED = ("end_to_end", "unsigned", "api", "accept", "tls")
_BENCHMARKS: dict[str, Callable[[argparse.Namespace], int | None]] = {
    "end_to_end": lambda given: end_to_end.main(rounds=given.rounds, messages=given.messages),
    "unsigned": lambda given: end_to_end.main(rounds=given.rounds, messages=given.messages, signing=False),
    "api": lambda given: api.main(rounds=given.rounds, requests=given.messages),
    "accept": lambda given: accept.main(rounds=given.rounds, messages=given.messages),
    "tls": lambda given: tls.main(rounds=given.rounds, messages=given.messages),
    "large": lambda given: large.main(rounds=given.rounds),
    "latency": lambda given: latency.main(messages=given.messages),
    "fairness": lambda given: fairness.main(bulk=given.bulk),
    "growth": lambda given: growth.main(recipients=given.recipients, domains=given.domains, fresh=given.messages),
    "search": lambda given: search.main(messages=given.searched),
    "storm": lambda given: storm.main(rounds=given.rounds, messages=given.messages, bounces=given.bounces),
    "templates": lambda given: templates.main(rounds=given.rounds, messages=given.messages),
    "console": lambda given: console_pages.main(rounds=given.rounds),
    "lighthouse": lambda _given: console_lighthouse.main(),
    "imports": lambda given: imports.main(contacts=given.contacts),
    "guard": lambda given: guard.main(rounds=given.rounds, messages=given.messages, is_recording=given.record),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "which", nargs="*", metavar="BENCHMARK", choices=[*_BENCHMARKS, []], help=", ".join(_BENCHMARKS)
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=8000, help="of Tayori in each round; the peers get half")
    parser.add_argument("--bulk", type=int, default=200_000, help="of fairness: mails of somebody else")
    parser.add_argument("--recipients", type=int, default=1_000_000, help="of growth: waiting")
    parser.add_argument("--domains", type=int, default=100_000, help="of growth: the domains they are in")
    parser.add_argument("--searched", type=int, default=1_000_000, help="of search: messages in the store")
    parser.add_argument("--contacts", type=int, default=1_000_000, help="of imports: in the file")
    parser.add_argument("--bounces", type=int, default=100_000, help="of storm: that come back")
    parser.add_argument("--record", action="store_true", help="of guard: take what is measured for the new record")
    given = parser.parse_args()
    statuses = [_BENCHMARKS[name](given) for name in given.which or _UNASKED]
    sys.exit(max(status or 0 for status in statuses))


if __name__ == "__main__":
    main()
