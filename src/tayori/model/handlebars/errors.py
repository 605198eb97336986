"""Why a template cannot be compiled or rendered. Each text is one sentence for whoever wrote the template."""


class TemplateError(ValueError):
    """The template itself is wrong. `line` is counted from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(f"{message} (line {line})")
        self.line = line


class RenderingError(ValueError):
    """The template is fine, and these data cannot be rendered with it."""


class MissingAttribute(RenderingError):
    """SES's words for a value that the data do not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Attribute '{name}' is not present in the rendering data.")
        self.name = name
