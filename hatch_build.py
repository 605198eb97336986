"""The console's pages go into the wheel: built from console/ where they are not there yet."""

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        pages = root / "src/tayori/console/static/index.html"
        if version == "editable" or pages.exists():
            return
        subprocess.run(["sh", str(root / "scripts/build-console")], check=True, cwd=root)
