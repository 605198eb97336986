"""The composition root: processes, what runs in each, and in which order it starts and stops."""
