"""Keeps the README's lists true: `python -m tests.readme` writes commands, keys, rules and the configuration anew.

What stands between `<!-- made: NAME -->` and `<!-- end -->` comes from the program itself; the rest is prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from aitbc_tui.cli.families import FAMILIES
from aitbc_tui.config.starter import STARTER
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.commands import COMMANDS
from aitbc_tui.state.rules import RULES
from aitbc_tui.ui.keys import DEFAULTS, spoken
from aitbc_tui.ui.screens.help_lines import KEYS
from tests.faults import pains

README = Path(__file__).resolve().parents[1] / "README.md"
_MADE = re.compile(r"(<!-- made: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.S)


def commands() -> str:
    rows = [f"| `aitbc-tui {item.verb}` | {_cell(item.help)} |" for item in sorted(FAMILIES, key=lambda one: one.verb)]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def keys() -> str:
    rows = [f"| {group} | `{key}` | {_cell(what)} |" for group, entries in KEYS for key, what in entries]
    return "\n".join(["| where | key | what it does |", "|---|---|---|", *rows])


def key_names() -> str:
    """Every action of `keys.toml` with its usual key."""
    return ", ".join(f"`{action}` {spoken(key)}" for action, key in DEFAULTS.items())


def rules() -> str:
    return "\n".join(
        f"* {title}: " + ", ".join(f"`{name}`" for name, rule in sorted(RULES.items()) if rule.level is level)
        for title, level in (("wrong", Level.BAD), ("worth a look", Level.WARN))
    )


def on_hosts() -> str:
    rows = [
        f"| `{_cell(item.form)}` | {_cell(item.purpose)} | {'writes' if item.writes else ''} |" for item in COMMANDS
    ]
    return "\n".join(["| command | what for | |", "|---|---|---|", *rows])


def configuration() -> str:
    return f"```toml\n{STARTER.rstrip()}\n```"


SECTIONS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "keys": keys,
    "key-names": key_names,
    "rules": rules,
    "pains": lambda: pains.table(pains.PAINS),
    "traps": lambda: pains.table(pains.TRAPS),
    "on-hosts": on_hosts,
    "configuration": configuration,
}


def made_anew(text: str) -> str:
    return _MADE.sub(lambda found: f"{found[1]}{SECTIONS[found['name']]()}\n{found[3]}", text)


def named(text: str) -> list[str]:
    """The sections that a text has, in its order."""
    return [found["name"] for found in _MADE.finditer(text)]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    README.write_text(made_anew(README.read_text(encoding="utf-8")), encoding="utf-8")
