"""SQL and rules for each noun, as functions of a transaction."""
