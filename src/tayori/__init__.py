"""Tayori: a self-hosted email sending service that speaks Amazon SES's protocols and really delivers."""

__version__ = "0.1.0"
