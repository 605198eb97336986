"""The console's routes below the place one is at, read from the sources of the pages, so that no page is forgotten."""

import re
from pathlib import Path

PAGES = Path(__file__).parents[2] / "console/src/pages"
_ROUTE = re.compile(r'\bpath: "([^"]+)"')
# Pages for people who are not signed in stand elsewhere.
_DOORS = re.compile(r"^(sign-in|first-user|invitation)")


def routes() -> dict[str, list[str]]:
    """Those of each area, by its folder."""
    found = {}
    for index in sorted(PAGES.glob("*/index.ts*")):
        of_area = [route for route in _ROUTE.findall(index.read_text("utf-8")) if not _DOORS.match(route)]
        if of_area:
            found[index.parent.name] = of_area
    return found
