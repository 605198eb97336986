"""The engine of the rows: transactions, tables, migrations, on SQLite and on PostgreSQL."""
