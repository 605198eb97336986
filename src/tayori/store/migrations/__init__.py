"""The one history of the schema, numbered."""
