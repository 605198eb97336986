"""`python -m tayori` is the command `tayori`."""

from tayori.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
