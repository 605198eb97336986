"""Programs that tests drive and this project does not install for itself: Postfix, swaks and their like.

Where one is missing its test is skipped with the reason; with CI=true that is a failure, because there every server is
promised (scripts/install-test-servers).
"""

import os
import shutil
from glob import glob
from typing import NoReturn

import pytest

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"


def require(program: str, package: str) -> str:
    """The path of `program`, which Debian's `package` has."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}")
    return found or lacking(program, package)


def require_file(pattern: str, package: str) -> str:
    """The path of the first file that `pattern` names, which Debian's `package` has."""
    found = sorted(glob(pattern))
    return found[0] if found else lacking(pattern, package)


def lacking(what: str, package: str) -> NoReturn:
    reason = f"{what} is not installed (Debian: {package})"
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have every server: {reason}")
    pytest.skip(reason)
