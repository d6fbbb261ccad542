"""What can be wrong with a configuration, told apart for those who show it."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.domain.errors import ConfigError


class NoConfiguration(ConfigError):
    """No file was named and the usual place holds none: the first start, not a mistake."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One line for a person: where it stands, which key, what is wrong."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key}: {self.message}" if self.key else f"{self.where}: {self.message}"


class ConfigProblems(ConfigError):
    """Everything that is wrong with the configuration; `detail` is the first of it."""

    def __init__(self, problems: tuple[Problem, ...], remedy: str = "aitbc-tui config schema lists every key") -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}", remedy=remedy)
        self.problems = problems
