"""What every command gets: its common options, the settings when it needs them, its deadline, and the guard."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from aitbc_tui.cli.options import Common
from aitbc_tui.cli.output import warn
from aitbc_tui.domain.errors import AitbcError, GuardError, Phase

if TYPE_CHECKING:
    from aitbc_tui.config.model import EnvironmentConfig, Settings
    from aitbc_tui.domain.snapshot import Access

T = TypeVar("T")


class DeadlineError(AitbcError):
    """The whole command took longer than `--timeout`."""

    phase = Phase.COMMAND

    def __init__(self, timeout_s: float) -> None:
        super().__init__(f"not done within {timeout_s:g} s", remedy="--timeout SECONDS", timed_out=True)


class Context:
    """One run of one command. Nothing is read before it is asked for."""

    def __init__(
        self,
        common: Common,
        *,
        timeout_s: float | None,
        out: TextIO | None = None,
        err: TextIO | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.common = common
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.environ = os.environ if environ is None else environ
        self.timeout_s = timeout_s
        self._ends_at = None if timeout_s is None else time.monotonic() + timeout_s
        self._settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        """The checked configuration; read once, its warnings printed once."""
        if self._settings is None:
            self._settings = self._load(any_env=False)
        return self._settings

    @property
    def settings_of_file(self) -> Settings:
        """The same for a command about the file as a whole: no environment needs to be chosen."""
        if self._settings is None:
            self._settings = self._load(any_env=True)
        return self._settings

    def _load(self, *, any_env: bool) -> Settings:
        from aitbc_tui.config.load import Flags, load

        common = self.common
        loaded = load(Flags(common.config, common.env, common.read_only, any_env), self.environ)
        for warning in loaded.warnings:
            warn(self.err, warning)
        if common.yes and common.yes != loaded.chosen:
            raise GuardError(
                f'--yes names "{common.yes}", but this is environment "{loaded.chosen}"',
                remedy=f"--env {common.yes}, or --yes {loaded.chosen}",
            )
        return loaded

    @property
    def environment(self) -> EnvironmentConfig:
        return self.settings.environment

    @property
    def read_only(self) -> bool:
        return self.common.read_only

    @property
    def interactive(self) -> bool:
        """Whether somebody can be asked."""
        return sys.stdin.isatty() and self.err.isatty()

    @property
    def confirmed(self) -> bool:
        """`--yes` was given; in a production environment only if it names it."""
        if self.common.yes is None:
            return False
        return self.common.yes == self.environment.name if self.environment.production else True

    def limit(self, seconds: float) -> None:
        """A deadline that an input object gave instead of `--timeout`."""
        self.timeout_s = seconds
        self._ends_at = time.monotonic() + seconds

    def endless(self) -> None:
        """No deadline after all: `--follow` runs until it is stopped."""
        self.timeout_s = self._ends_at = None

    def remaining(self) -> float | None:
        """Seconds left for this command; None without a deadline."""
        if self._ends_at is None or self.timeout_s is None:
            return None
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise DeadlineError(self.timeout_s)
        return left

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work` in an event loop until it is done or the command's deadline has come."""
        import asyncio

        async def bounded() -> T:
            async with asyncio.timeout(self.remaining()) as scope:
                scopes.append(scope)
                return await work()

        scopes: list[asyncio.Timeout] = []
        try:
            return asyncio.run(bounded())
        except TimeoutError:
            if scopes and scopes[0].expired() and self.timeout_s is not None:
                raise DeadlineError(self.timeout_s) from None
            raise

    def require(self, needed: Access, action: str) -> None:
        """Raise `GuardError` unless the environment's access level allows `action`."""
        from aitbc_tui.domain.snapshot import Access

        levels = list(Access)
        environment = self.environment
        if levels.index(environment.access) >= levels.index(needed):
            return
        origin = self.settings.origin(f"env.{environment.name}.access")
        raise GuardError(
            f'{action} needs access {needed.value}, and environment "{environment.name}" has '
            f"{environment.access.value} (from: {origin})",
            remedy="remove --read-only" if origin.where == "--read-only" else f'access = "{needed.value}" in the file',
        )

    def ask(self, question: str, *, force: bool = False) -> bool:
        """A confirmed go-ahead. Without a terminal and without `--yes` or `--force` it is a refusal (exit 6)."""
        if force or self.confirmed:
            return True
        production = self.environment.production
        if not self.interactive:
            word = f"--yes {self.environment.name}" if production else "--yes"
            raise GuardError(f"{question} was not confirmed", remedy=f"{word}, or run it on a terminal")
        wanted = self.environment.name if production else "yes"
        self.err.write(f"{question}? Type {wanted} to go on: ")
        self.err.flush()
        return sys.stdin.readline().strip() == wanted
