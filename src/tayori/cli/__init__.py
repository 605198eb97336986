"""The command `tayori`: one module for each noun. Each is imported only when it is asked for."""
