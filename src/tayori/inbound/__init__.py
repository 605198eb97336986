"""The meaning of mail that comes in: bounces and reports."""
