"""Where the style sheets lie: beside the package in a wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

SHEETS = ("tokens.tcss", "base.tcss", "panes.tcss", "screens.tcss", "compact.tcss")


def styles_dir() -> Path:
    """The folder with the style sheets."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "styles", package.parent / "styles"):
        if (folder / SHEETS[0]).is_file():
            return folder
    raise FileNotFoundError("styles/tokens.tcss: the installation is incomplete, install aitbc-tui again")


def sheets() -> list[Path]:
    return [styles_dir() / name for name in SHEETS]
