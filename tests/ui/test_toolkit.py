"""What is taken of Textual although it is not public: named here, so that a Textual without it fails here first."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from rich.console import Console
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES

ROOT = Path(__file__).resolve().parents[2]
OVERRIDDEN = {"_display": ["self", "screen", "renderable"], "_handle_exception": ["self", "error"]}
TAKEN = {
    "_batch_count": "app",
    "_close_messages_no_wait": "app",
    "_closed": "app",
    "_driver": "app",
    "_exception": "app",
    "_exception_event": "app",
    "_return_code": "app",
    "_running": "app",
    "_sync_available": "app",
    "_mounted_event": "screen",
    "_app": "driver",
    "_writer_thread": "driver",
    "_queue": "writer",
    "_segments": "strip",
    "_color_system": "console",
}
# Names of an app or a console, and here of neither: a terminal's modes, a screen's log and block, os._exit.
OURS = {"_modes", "_log", "_height", "_exit"}


def toolkit() -> dict[str, object]:
    """One of each thing whose private names are used; within a running loop."""
    driver = LinuxDriver(App[None]())
    return {
        "app": App[None](),
        "screen": Screen[None](),
        "driver": driver,
        "writer": WriterThread(driver._file),
        "strip": Strip.blank(1),
        "console": Console(),
    }


def trees() -> Iterator[ast.Module]:
    for path in (ROOT / "aitbc_tui" / "ui").rglob("*.py"):
        yield ast.parse(path.read_text(encoding="utf-8"))


async def test_every_name_that_is_taken_is_still_there() -> None:
    owners = toolkit()
    assert [name for name, owner in TAKEN.items() if not hasattr(owners[owner], name)] == []


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_what_is_overridden_is_still_called_so(name: str) -> None:
    assert list(inspect.signature(getattr(App, name)).parameters) == OVERRIDDEN[name]


def test_a_frame_still_consists_of_strips() -> None:
    whole = LayoutUpdate([[Strip.blank(1)]], Region(0, 0, 1, 1))
    assert list(whole.strips) == [[Strip.blank(1)]] and whole.region.y == 0
    part = ChopsUpdate([{0: Strip.blank(1)}], [(0, 0, 1)], [[1]])
    assert (part.chops, part.spans, part.chop_ends) == ([{0: Strip.blank(1)}], [(0, 0, 1)], [[1]])


def test_the_themes_that_ours_are_made_from_are_there() -> None:
    assert {"ansi-dark", "ansi-light"} <= BUILTIN_THEMES.keys()


async def test_no_other_private_name_is_used_nor_overridden_by_accident() -> None:
    used: set[str] = set()
    for node in (node for tree in trees() for node in ast.walk(tree)):
        if isinstance(node, ast.Attribute):
            used.add(node.attr)
        elif isinstance(node, ast.ClassDef):
            used |= {item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}
    theirs = {name for owner in toolkit().values() for name in dir(owner) if re.match(r"_[^_]", name)}
    assert used & theirs - OURS == TAKEN.keys() | OVERRIDDEN.keys()


def test_private_names_are_imported_from_one_module_only() -> None:
    modules = {node.module or "" for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module for module in modules if "._" in module} == {"textual._compositor"}


def test_the_range_of_versions_ends_where_these_names_may_change() -> None:
    """They hold within a minor version, as far as was seen; `ansi-dark` came with 8.2.5."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = next(item for item in project["dependencies"] if re.match(r"textual\b", item))
    major, minor, patch = (int(part) for part in version("textual").split(".")[:3])
    assert wanted == f"textual>={major}.{minor}.5,<{major}.{minor + 1}" and patch >= 5
