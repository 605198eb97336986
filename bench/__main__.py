"""`python -m bench [end_to_end|unsigned|api] [--rounds N] [--messages N]`; all of them without a name."""

import argparse

from bench import api, end_to_end


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("which", nargs="*", metavar="BENCHMARK", help="default: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=8000, help="of Tayori in each round; the peers get half")
    options = parser.parse_args()
    which = options.which or ["end_to_end", "unsigned", "api"]
    if "end_to_end" in which:
        end_to_end.main(rounds=options.rounds, messages=options.messages)
    if "unsigned" in which:
        end_to_end.main(rounds=options.rounds, messages=options.messages, signing=False)
    if "api" in which:
        api.main(rounds=options.rounds, requests=options.messages)


if __name__ == "__main__":
    main()
