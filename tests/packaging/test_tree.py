"""What the repository consists of: its top level, the size of its modules, and what no file in it may say."""

from __future__ import annotations

import ast
import fnmatch
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import aitbc_tui

ROOT = Path(__file__).resolve().parents[2]
TOP = {
    "pyproject.toml",
    "aitbc_tui",
    "styles",
    "tests",
    "screenshots",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
}
LONGEST = 400
# Pieces, so that this file does not say them itself.
FOREIGN = tuple(
    "".join(pieces)
    for pieces in (
        ("/wo", "rk/"),
        ("/fa", "rm/"),
        (".lib", "rary/"),
        ("sub", "agent"),
        ("../sha", "red"),
        ("sha", "red/contract"),
        ("sha", "red/design"),
        ("/opt/", "venv"),
        ("/opt/", "pypi"),
    )
)


def _ignored() -> list[str]:
    return [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]


def _files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file of the checkout that git would keep."""
    ignored = _ignored()
    for path in sorted(folder.iterdir()):
        if path.name == ".git" or any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def test_the_top_level_is_what_it_is_meant_to_be() -> None:
    seen = {path.relative_to(ROOT).parts[0] for path in _files()}
    assert {name for name in seen if not name.startswith(".")} == TOP


def test_no_module_is_longer_than_a_person_can_hold() -> None:
    modules = list((ROOT / "aitbc_tui").rglob("*.py"))
    assert len(modules) > 100
    assert [path.name for path in modules if len(path.read_text().splitlines()) > LONGEST] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "aitbc_tui").rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


@pytest.mark.parametrize("word", FOREIGN)
def test_nothing_of_the_place_where_it_was_made(word: str) -> None:
    found = [str(path.relative_to(ROOT)) for path in _files() if word.encode() in path.read_bytes()]
    assert found == []


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == aitbc_tui.__version__
    assert f"## {aitbc_tui.__version__}" in (ROOT / "CHANGELOG.md").read_text()
