"""`python -m demo`: tells the story, prints the evidence, and says by its exit status whether all of it holds."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from demo.evidence import Book
from demo.node import DemoError, Node
from demo.stage import Stage
from demo.story import tell


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep the data folder and the log")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tayori-demo-"))
    began = time.monotonic()
    book = Book()
    try:
        with Node(folder) as node:
            tell(Stage.set(node), book)
    except DemoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        if options.keep:
            sys.stdout.write(f"Kept: {folder}\n")
        elif book.holds:
            shutil.rmtree(folder, ignore_errors=True)
    is_clean = node.exit_status == 0
    sys.stdout.write(book.table())
    sys.stdout.write(f"The service stopped {'cleanly' if is_clean else f'with status {node.exit_status}'}.\n")
    sys.stdout.write(f"{time.monotonic() - began:.0f} seconds in all.\n")
    if not book.holds:
        sys.stdout.write(f"The service's log: {node.log}\n")
    return 0 if book.holds and is_clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
