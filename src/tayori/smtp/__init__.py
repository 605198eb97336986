"""SMTP servers: submission and the inbound port share one session."""
