"""`python -m aitbc_tui` is the same program as the console script."""

from aitbc_tui.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
