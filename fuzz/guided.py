"""One target under Atheris: `python -m fuzz.guided TARGET [libFuzzer's options]`; `python -m fuzz` runs it."""

import logging
import sys

import atheris

with atheris.instrument_imports(include=["tayori", "fuzz"], enable_loader_override=False):
    from fuzz.targets import TARGETS


def main() -> None:
    logging.disable()
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
