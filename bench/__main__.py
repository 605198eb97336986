"""`python -m bench [end_to_end|unsigned|api] [--rounds N] [--messages N]`; all of them without a name.

Beside them, only when named: `fairness [--bulk N]`, `growth [--recipients N] [--domains M]`,
`search [--searched N]` and `guard [--record]`.
"""

import argparse
import sys

from bench import api, end_to_end, fairness, growth, guard, search


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("which", nargs="*", metavar="BENCHMARK", help="default: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=8000, help="of Tayori in each round; the peers get half")
    parser.add_argument("--bulk", type=int, default=200_000, help="of fairness: mails of somebody else")
    parser.add_argument("--recipients", type=int, default=1_000_000, help="of growth: waiting")
    parser.add_argument("--domains", type=int, default=100_000, help="of growth: the domains they are in")
    parser.add_argument("--searched", type=int, default=1_000_000, help="of search: messages in the store")
    parser.add_argument("--record", action="store_true", help="of guard: take what is measured for the new record")
    options = parser.parse_args()
    which = options.which or ["end_to_end", "unsigned", "api"]
    if "end_to_end" in which:
        end_to_end.main(rounds=options.rounds, messages=options.messages)
    if "unsigned" in which:
        end_to_end.main(rounds=options.rounds, messages=options.messages, signing=False)
    if "api" in which:
        api.main(rounds=options.rounds, requests=options.messages)
    if "fairness" in which:
        fairness.main(bulk=options.bulk)
    if "growth" in which:
        growth.main(recipients=options.recipients, domains=options.domains, fresh=options.messages)
    if "search" in which:
        search.main(messages=options.searched)
    if "guard" in which:
        sys.exit(guard.main(rounds=options.rounds, messages=options.messages, is_recording=options.record))


if __name__ == "__main__":
    main()
