"""Lighthouse's figures for pages of the console, in both languages: performance, accessibility, best practices.

Lighthouse itself is npm's; it is looked for in the folder that LIGHTHOUSE names (`npm install --prefix <folder>
lighthouse`). It runs Debian's chromium with its own profile of a desktop: 10 Mbit/s, 40 ms, no slower processor.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from bench.console_service import DOMAIN, Console, console
from bench.measure import machine

PAGES = {
    "dashboard": "dashboard",
    "identities": "identities",
    "an identity": f"identities/{DOMAIN}",
    "messages": "messages",
}
_CATEGORIES = ("performance", "accessibility", "best-practices")
_TIMES = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")
_FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"


def measure(program: Path, at: Console, address: str, language: str, *, cookie: str) -> dict[str, Any]:
    command = [
        str(program),
        address,
        "--preset=desktop",
        "--output=json",
        "--quiet",
        f"--only-categories={','.join(_CATEGORIES)}",
        f"--chrome-flags={_FLAGS} --lang={language}",
        f"--extra-headers={json.dumps({'Cookie': cookie, 'Accept-Language': language})}",
    ]
    environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or "", "LANGUAGE": language}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"lighthouse failed at {address}:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def row(name: str, found: dict[str, Any]) -> str:
    scores = [f"{round(100 * (found['categories'][one]['score'] or 0))}" for one in _CATEGORIES]
    times = [str(found["audits"][one]["displayValue"]).replace("\xa0", " ") for one in _TIMES]
    return f"| {name} | {' | '.join([*scores, *times])} |"


def faults(found: dict[str, Any]) -> list[str]:
    """What it would have better, of all that counts."""
    counted = {one["id"] for name in _CATEGORIES for one in found["categories"][name]["auditRefs"] if one["weight"] > 0}
    audits = [found["audits"][one] for one in sorted(counted)]
    return [f"{one['id']} ({one['score']})" for one in audits if one["score"] is not None and one["score"] < 0.9]


def main() -> None:
    program = Path(os.environ.get("LIGHTHOUSE", "/nowhere")) / "node_modules/.bin/lighthouse"
    if not program.exists():
        raise SystemExit(
            "npm install --prefix <folder> lighthouse; then LIGHTHOUSE=<folder> python -m bench lighthouse"
        )
    with console() as at:
        print(f"{machine()}\n")
        print("| page | performance | accessibility | best practices | FCP | LCP | blocked | CLS |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        below = []
        for language in ("en", "ja"):
            signed = f"{at.cookie}={at.session}"
            visits = {"sign-in": (f"{at.origin}/console/sign-in", "nobody=0")}
            visits |= {name: (at.address(page), signed) for name, page in PAGES.items()}
            for name, (address, cookie) in visits.items():
                found = measure(program, at, address, language, cookie=cookie)
                print(row(f"{name} ({language})", found), flush=True)
                below += [f"{name} ({language}): {one}" for one in faults(found)]
        print("\nBelow 0.9:\n" + "\n".join(below or ["nothing"]))
