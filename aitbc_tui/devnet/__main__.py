"""`python -m aitbc_tui.devnet`: the devnet without the rest of the program; this is how `demo` starts it."""

from __future__ import annotations

import argparse
import sys

from aitbc_tui.devnet.main import add_arguments, run
from aitbc_tui.domain.errors import AitbcError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m aitbc_tui.devnet", description=__doc__)
    add_arguments(parser)
    try:
        return run(parser.parse_args())
    except AitbcError as error:
        sys.stderr.write(f"devnet: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
