"""Work that returns: verification, retention, reaping."""
