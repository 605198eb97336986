"""The command `tayori`."""
