"""Why a template cannot be compiled or rendered. Each text is one sentence for whoever wrote the template.

Owns where in the template it is: line and column are counted from 1, in characters; 0 is where nothing can be named.
"""

from typing import NamedTuple


class Spot(NamedTuple):
    """Where a tag begins."""

    line: int = 0
    column: int = 0


NOWHERE = Spot()


class TemplateError(ValueError):
    """The template itself is wrong."""

    def __init__(self, message: str, spot: Spot) -> None:
        super().__init__(f"{message} (line {spot.line})")
        self.said = message
        self.spot = spot

    @property
    def line(self) -> int:
        return self.spot.line


class RenderingError(ValueError):
    """The template is fine, and these data cannot be rendered with it."""

    def __init__(self, message: str, spot: Spot = NOWHERE) -> None:
        super().__init__(message)
        self.spot = spot


class MissingAttribute(RenderingError):
    """SES's words for a value that the data do not have."""

    def __init__(self, name: str, spot: Spot = NOWHERE) -> None:
        super().__init__(f"Attribute '{name}' is not present in the rendering data.", spot)
        self.name = name
