"""Failures on standard error: one line each, the one that decides the exit code last."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from aitbc_tui.cli import exits
from aitbc_tui.cli.output import advised, failure_line
from aitbc_tui.config.errors import ConfigProblems
from aitbc_tui.domain.errors import AitbcError, ConfigError


def report(failures: Sequence[AitbcError], err: TextIO | None = None, *, answered: int | None = None) -> int:
    """Print them and give the exit code. `answered`: how many of several targets did answer."""
    err = err or sys.stderr
    if not failures:
        return exits.Exit.OK
    decides = exits.combine(exits.code_of(failure) for failure in failures)
    for failure in sorted(failures, key=lambda item: exits.code_of(item) == decides):
        for line in _lines(failure):
            err.write(line + "\n")
    return decides if answered is None else exits.for_targets(answered, failures)


def _lines(failure: AitbcError) -> list[str]:
    if not isinstance(failure, ConfigProblems):
        return [failure_line(advised(failure))]
    *others, last = failure.problems
    lines = [failure_line(ConfigError(str(problem))) for problem in others]
    return [*lines, failure_line(ConfigError(str(last), remedy=failure.remedy))]
