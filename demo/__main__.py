"""`python -m demo`: tells the story, prints the evidence, and says by its exit status whether all of it holds."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from demo.evidence import Book
from demo.stage import Stage
from demo.story import tell
from tayori.testing import Node, RehearsalFailed, free_ports


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep the data folder and the log")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tayori-demo-"))
    began = time.monotonic()
    book = Book()
    try:
        with free_ports() as port_base:
            status = _play(Node(data=folder / "tayori", port_base=port_base), book)
    except RehearsalFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(book.table())
    sys.stdout.write(f"The service stopped {'cleanly' if status == 0 else f'with status {status}'}.\n")
    sys.stdout.write(f"{time.monotonic() - began:.0f} seconds in all.\n")
    if book.holds and not options.keep:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        sys.stdout.write(f"Data and log of the service: {folder}\n")
    return 0 if book.holds and status == 0 else 1


def _play(node: Node, book: Book) -> int:
    """Start the service, tell the story, stop it; its exit status."""
    node.start()
    try:
        tell(Stage.set(node), book)
    finally:
        status = node.stop()
    return status


if __name__ == "__main__":
    raise SystemExit(main())
