"""The scanner knows the line of every key that the parser sees."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitbc_tui.config.lines import KeyPath, key_lines, line_of

TRICKY = '''\
# comment with [header] and = sign
a = 1
"quoted key" = "# no comment"
b.c."d.e" = """
many
lines = 3 [x]
""" # after
[table] # comment
list = [
  1, # one
  [2, 3],
  { x = "]", y = '}' },
]
inline = { p.q = 1, r = [ "," ] }
[[many]]
n = 1
[many.sub]
s = \'\'\'
a""" b\'\'\'
[[many]]
n = 2
[[many.deep]]
k = "\\"" # "
[ "sp ace" . x ]
date = 1979-05-27 07:32:00
last = """a"""""
end = true'''


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 2),
        (("quoted key",), 3),
        (("b", "c", "d.e"), 4),
        (("table",), 8),
        (("table", "list"), 9),
        (("table", "list", 1), 11),
        (("table", "list", 2, "y"), 12),
        (("table", "inline", "p", "q"), 14),
        (("many", 0, "n"), 16),
        (("many", 0, "sub", "s"), 18),
        (("many", 1), 20),
        (("many", 1, "n"), 21),
        (("many", 1, "deep", 0, "k"), 23),
        (("sp ace", "x", "date"), 25),
        (("sp ace", "x", "end"), 27),
    ],
)
def test_the_line_of_a_key(path: KeyPath, line: int) -> None:
    tomllib.loads(TRICKY)
    assert key_lines(TRICKY)[path] == line


def test_a_missing_key_gets_the_line_of_its_table() -> None:
    assert line_of(key_lines(TRICKY), ("many", 1, "nothing", "here")) == 20
    assert line_of(key_lines(TRICKY), ("nowhere",)) is None


_scalars = st.one_of(
    st.booleans().map(lambda value: str(value).lower()),
    st.integers().filter(lambda value: abs(value) < 1 << 60).map(str),
    st.text(alphabet="ab#]}[{,='. ", max_size=6).map(lambda text: '"' + text + '"'),
    st.text(alphabet='ab#]}[{,=". \n', max_size=6).map(lambda text: "'''" + text + "'''"),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[" + ", # c ]\n".join(items) + "\n]"),
    max_leaves=6,
)
_keys = st.text(alphabet="abc.-", min_size=1, max_size=3).map(lambda text: f'"{text}"')


@given(st.dictionaries(_keys, st.dictionaries(_keys, _values, max_size=3), max_size=3))
def test_every_key_of_any_document_has_the_line_it_stands_on(tables: dict[str, dict[str, str]]) -> None:
    text = "\n".join(
        "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in table.items())])
        for name, table in tables.items()
    )
    parsed: Any = tomllib.loads(text)
    lines = key_lines(text)
    assert set(paths(parsed)) <= set(lines)
    rows = text.split("\n")
    for path, line in lines.items():
        if isinstance(path[-1], str) and len(path) <= 2:
            assert f'"{path[-1]}"' in rows[line - 1]
