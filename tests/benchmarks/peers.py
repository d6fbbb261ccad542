"""The programs that stand beside ours: htop and btop of the distribution, glances and harlequin from PyPI."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FROM_PYPI = ("glances", "harlequin")
BARE = (sys.executable, "-m", "tests.benchmarks.bare")


@dataclass(frozen=True, slots=True)
class Peer:
    """A program, the keys that make it paint, and whether it paints by itself."""

    name: str
    command: tuple[str, ...]
    keys: tuple[str, str]
    ticks: bool = True


def of_the_distribution() -> list[Peer]:
    found = [Peer(name, (path,), ("down", "up")) for name in ("htop", "btop") if (path := shutil.which(name))]
    return [*found, Peer("bare Textual", BARE, ("?", "?"), ticks=False)]


@contextmanager
def from_pypi(folder: str | None) -> Iterator[list[Peer]]:
    """glances and harlequin from the virtual environment `folder`; without one, one is made and thrown away."""
    if folder is not None:
        yield _in(Path(folder))
        return
    with tempfile.TemporaryDirectory(prefix="aitbc-tui-peers-") as made:
        print("installing glances and harlequin into an environment that is thrown away …", file=sys.stderr)
        venv.create(made, with_pip=True)
        subprocess.run([f"{made}/bin/pip", "install", "--quiet", *FROM_PYPI], check=True, timeout=600)
        yield _in(Path(made))


def _in(folder: Path) -> list[Peer]:
    bin_ = folder / "bin"
    return [
        # It asks PyPI for newer versions of itself and opens no port unless told to; neither is what is measured.
        Peer("glances", (str(bin_ / "glances"), "--disable-check-update"), ("down", "up")),
        Peer("harlequin", (str(bin_ / "harlequin"),), ("a", "backspace"), ticks=False),
    ]


def homes(folder: Path) -> Mapping[str, str]:
    """What a program writes into its home stays in this folder."""
    return {"HOME": str(folder), **{f"XDG_{kind}_HOME": str(folder) for kind in ("CONFIG", "STATE", "DATA", "CACHE")}}
