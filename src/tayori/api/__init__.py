"""The HTTP API: one function for each operation."""
