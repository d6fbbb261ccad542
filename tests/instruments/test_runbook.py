"""A walk over the two runbooks, line by line: each names the command, screen or README line that answers it."""

from __future__ import annotations

import argparse
import ast
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.cli import aliases
from aitbc_tui.cli.families import FAMILIES
from aitbc_tui.cli.options import Parser, verb_index
from aitbc_tui.cli.program import build_parser
from aitbc_tui.ui.screens import registry

ROOT = Path(__file__).parent.parent.parent
ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "runbook.json").read_text(encoding="utf-8"))
LINES = 47  # of the two runbooks that have two readings, or that the recorded platform contradicts


@cache
def parser() -> Parser:
    return build_parser(lambda family: True)


@cache
def out_of_scope() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Out of scope\n")[2].partition("\n## ")[0]
    assert section, "the README has a section of what is out of scope"
    return section


def _command(words: str) -> None:
    """The verb, then its sub-command or option: each must be there."""
    verb, *more = words.split()
    commands = parser().commands()
    assert verb in commands and verb in {family.verb for family in FAMILIES}, f"no command {verb}"
    at: Parser = commands[verb]
    for word in more:
        if word.startswith("--"):
            assert any(word in action.option_strings for action in _options(at)), f"{words}: no option {word}"
        else:
            assert word in at.commands(), f"{words}: no action {word}"
            at = at.commands()[word]


def _options(at: argparse.ArgumentParser) -> list[argparse.Action]:
    return list(at._actions)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["line"])
def test_each_line_is_answered(row: dict[str, Any]) -> None:
    answers = [key for key in ("commands", "screens", "readme", "aliases", "files") if row.get(key)]
    assert answers, "nothing answers this line"
    for words in row.get("commands", ()):
        _command(words)
    for screen in row.get("screens", ()):
        assert callable(getattr(registry, screen, None)), f"no screen {screen}"
    for words in row.get("readme", ()):
        assert f"* *{words}" in out_of_scope(), f"the README does not say: {words}"
    for said, meant in row.get("aliases", ()):
        at = verb_index(said.split())
        assert at is not None and " ".join(aliases.rewrite(said.split(), at)) == meant
    for file in row.get("files", ()):
        assert (ROOT / file).is_file()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["line"])
def test_each_answer_is_tried_somewhere(row: dict[str, Any]) -> None:
    """A name that stands there answers nothing: each line that a program can answer has the tests that try it."""
    assert row.get("tests") or set(row) == {"line", "readme"}, "nothing tries this line"
    for name in row.get("tests", ()):
        file, _, function = name.partition("::")
        assert function in _tests_of(ROOT / file), f"no test {name}"


@cache
def _tests_of(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in found if node.name.startswith("test_"))


def test_every_line_is_there_once() -> None:
    names = [row["line"] for row in ROWS]
    assert len(names) == len(set(names)) == LINES
    assert all(name.startswith(("B ", "B, N ", "N ")) for name in names)


def test_what_is_out_of_scope_has_its_reason() -> None:
    """And nothing stands there that no line of the runbooks asks for."""
    listed = {line.split("*")[2].rstrip(".") for line in out_of_scope().splitlines() if line.startswith("* *")}
    named = {words for row in ROWS for words in row.get("readme", ())}
    assert listed == named
    for line in out_of_scope().splitlines():
        assert not line.startswith("* *") or len(line) > 60, f"no reason: {line}"
