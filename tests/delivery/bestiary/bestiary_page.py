"""Writes docs/bestiary.md from the beasts; `make reference` runs it, test_bestiary.py holds the page current."""

from pathlib import Path

from beasts import BEASTS, DELIVERED, HOST, Beast

PAGE = Path(__file__).resolve().parents[3] / "docs" / "bestiary.md"

_HEAD = """\
# Bestiary

Mail hosts that misbehave, and what delivery makes of each. The page is made from the data that
`tests/delivery/bestiary/` runs (`make reference`): every line is a host with real sockets, met on two event loops, once
as the only host of its domain and once with a second one behind it.

* **Outcome** is what becomes of the message after this attempt, for each recipient where they differ.
* **Reaches** is how far the failure reaches: the recipient, the message, or the host (then the next host of the domain
  is called, and with the last of them the destination rests).
* **Connections** and **Content** count what the host saw when it was the only one: connections, and whole contents.
* **Next host** tells whether a second host gets the message in the same attempt. After the end of the content it does
  not: the first may have the message, and a copy at once would be sure to be one too many.

| The host | Outcome | Reason | Reaches | Connections | Content | Next host |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    return _HEAD + "".join(map(_row, BEASTS)) + f"\n{len(BEASTS)} hosts.\n"


def _row(beast: Beast) -> str:
    expected = beast.expected
    is_fine = set(expected.states) == {DELIVERED}
    states = ", ".join(expected.states if len(set(expected.states)) > 1 else expected.states[:1])
    cells = [
        beast.name,
        states,
        "" if is_fine else str(expected.reason),
        "" if is_fine else "host" if expected.scope is HOST else str(expected.scope),
        str(expected.connections),
        str(expected.contents),
        "yes" if expected.elsewhere else "no",
    ]
    return "| " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
