"""CloudWatch, as far as it answers with the metrics of events: one module for each group of operations."""
