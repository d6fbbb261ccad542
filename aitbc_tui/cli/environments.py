"""Names of the configured environments, for telling `--yes ENV` from `--yes` followed by something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aitbc_tui.config.load import Flags, locate, parse, read
from aitbc_tui.domain.errors import ConfigError


def names(words: Sequence[str], environ: Mapping[str, str]) -> frozenset[str]:
    """None where the file cannot be read: the command itself will say so, or needs no file."""
    config = None
    for index, word in enumerate(words):
        if word == "--config":
            config = next(iter(words[index + 1 : index + 2]), None)
        elif word.startswith("--config="):
            config = word.partition("=")[2]
    try:
        path, named_by = locate(Flags(config), environ)
        raw, _ = parse(path, read(path, named_by))
    except ConfigError:
        return frozenset()
    environments = raw.get("env")
    return frozenset(environments) if isinstance(environments, dict) else frozenset()
