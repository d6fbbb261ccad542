"""Compare a parsed file with the schema: every problem at once, each with its key path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aitbc_tui.config.lines import KeyPath
from aitbc_tui.config.rules import NAME_WORDS, is_name, shown
from aitbc_tui.config.schema import ROOT, SECRET_WORDS, Child, Shape, Table
from aitbc_tui.config.words import did_you_mean, one_of
from aitbc_tui.domain.text import clean

Raw = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, before file and line are added."""

    path: KeyPath
    message: str


def dotted(path: KeyPath) -> str:
    """`env.prod.nodes[0].rpc`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{clean(part, 64)}"
    return text


def check_shape(raw: Raw) -> list[Finding]:
    """Unknown keys, missing keys, wrong types and values."""
    return list(_table(raw, ROOT, ()))


def _table(raw: Raw, table: Table, path: KeyPath) -> Iterator[Finding]:
    for name, value in raw.items():
        here = (*path, name)
        key, child = table.key(name), table.child(name)
        if key is not None:
            reason = key.rule.problem(value)
            if reason:
                said = f"{shown(value)} " if key.rule.quotable and not isinstance(value, list | dict) else ""
                yield Finding(here, f"{said}{reason}")
        elif child is not None:
            yield from _child(value, child, here)
        else:
            yield Finding(here, _unknown(name, table))
    for name in _missing(raw, table):
        yield Finding(path, f"{name} is missing")


def _missing(raw: Raw, table: Table) -> list[str]:
    keys = [key.name for key in table.keys if key.required and key.name not in raw]
    return keys + [child.name for child in table.children if child.required and child.name not in raw]


def _unknown(name: str, table: Table) -> str:
    """Never quotes the value: it may be the secret that does not belong into the file."""
    if name in SECRET_WORDS:
        word = name.split("_")[0]
        if table.key(f"{word}_file") is not None:
            return f"a secret does not belong into this file; use {word}_file or {word}_command"
        return "a secret does not belong into this file; use client_file, admin_file or miner_file of the coordinator"
    near = did_you_mean(name, table.names())
    return f"unknown key{near or '; known are ' + one_of(table.names())}"


def _child(value: object, child: Child, path: KeyPath) -> Iterator[Finding]:
    if child.shape is Shape.LIST:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            yield Finding(path, f"must be a list of tables, written [[{_header(path)}]]")
            return
        for index, item in enumerate(value):
            yield from _table(item, child.table, (*path, index))
        return
    if not isinstance(value, dict):
        suffix = ".NAME" if child.shape is Shape.NAMED else ""
        yield Finding(path, f"must be a table, written [{_header(path)}{suffix}]")
        return
    if child.shape is Shape.ONE:
        yield from _table(value, child.table, path)
        return
    if not value and child.required:
        yield Finding(path, "is empty; one is needed")
    for name, item in value.items():
        here = (*path, name)
        if not is_name(name):
            yield Finding(here, f"must be {NAME_WORDS}")
        if isinstance(item, dict):
            yield from _table(item, child.table, here)
        elif name in child.table.names():
            yield Finding(here, f"belongs into a table with a name, written [{_header(path)}.NAME]")
        else:
            yield Finding(here, f"must be a table, written [{_header(here)}]")


def _header(path: KeyPath) -> str:
    return ".".join(str(clean(str(part), 64)) for part in path if not isinstance(part, int))
