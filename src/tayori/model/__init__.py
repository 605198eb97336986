"""Decisions of the service as values and functions. Pure: the time and new ids arrive as arguments."""
