"""Handlebars as SES renders templates with it: compiled once to closures, rendered with bounds.

The language is that of handlebars.js 4 with its built-in helpers (if, unless, each, with, lookup, log), inline
partials, block parameters, sub-expressions and whitespace control. SES's own (ses: send-personalized-email-advanced):
nothing is escaped, `{{x}}` gives what `{{{x}}}` gives; a value that the data do not have ends the rendering, where it
stands alone.
There are no helpers of the user's own, no decorators but `inline`, and no way out of the data that were given.

`compile_template(text)` raises TemplateError; `Template.render(data)` raises RenderingError, and within bounds only.
"""

from tayori.model.handlebars.errors import MissingAttribute, RenderingError, Spot, TemplateError
from tayori.model.handlebars.program import Bounds, Template, compile_template

__all__ = ["Bounds", "MissingAttribute", "RenderingError", "Spot", "Template", "TemplateError", "compile_template"]
