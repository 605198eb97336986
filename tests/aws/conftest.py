"""Hypothesis for the AWS protocols: no deadline for one example, since the machine that runs the tests is shared."""

from hypothesis import settings

settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")
