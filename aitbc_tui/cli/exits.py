"""The exit codes of the command line, and which failure leads to which: nothing else maps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

from aitbc_tui.domain.errors import AitbcError, HttpError, Phase


class Exit(IntEnum):
    """What a script may rely on."""

    OK = 0
    UNHEALTHY = 1  # asked and answered: not healthy, or only partly done
    USAGE = 2
    CONNECT = 3
    TIMEOUT = 4
    TRUST = 5
    REFUSED = 6
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143


_PRECEDENCE = (Exit.TRUST, Exit.REFUSED, Exit.USAGE, Exit.CONNECT, Exit.TIMEOUT, Exit.UNHEALTHY)

_BY_PHASE = {
    Phase.CONFIG: Exit.USAGE,
    Phase.CONNECT: Exit.CONNECT,
    Phase.HOST_KEY: Exit.TRUST,
    Phase.AUTH: Exit.CONNECT,
    Phase.TUNNEL: Exit.CONNECT,
    Phase.COMMAND: Exit.UNHEALTHY,
    Phase.HTTP: Exit.UNHEALTHY,
    Phase.PARSE: Exit.UNHEALTHY,
    Phase.TRUST: Exit.TRUST,
    Phase.GUARD: Exit.REFUSED,
}
_NEVER_A_TIMEOUT = (Phase.HOST_KEY, Phase.TRUST, Phase.GUARD, Phase.CONFIG)


def code_of(error: AitbcError) -> Exit:
    """The code of one failure. A deadline that ended it counts more than the phase it happened in."""
    if error.timed_out and error.phase not in _NEVER_A_TIMEOUT:
        return Exit.TIMEOUT
    if isinstance(error, HttpError) and error.status is None:
        return Exit.CONNECT  # no answer at all
    return _BY_PHASE[error.phase]


def combine(codes: Iterable[int]) -> int:
    """Several causes: the first of 5, 6, 2, 3, 4, 1; 0 when there is none of them."""
    present = set(codes)
    return next((int(code) for code in _PRECEDENCE if code in present), int(Exit.OK))


def for_targets(answered: int, errors: Sequence[AitbcError]) -> int:
    """Several targets were asked: 1 if at least one answered, 3 if none did; trust, guard and usage go first."""
    codes = [code_of(error) for error in errors]
    if not codes:
        return Exit.OK
    first = combine(codes)
    if first in (Exit.TRUST, Exit.REFUSED, Exit.USAGE) or (answered == 0 and len(codes) == 1):
        return first
    return Exit.UNHEALTHY if answered else Exit.CONNECT


def for_operation(answered: int, unheard: Sequence[AitbcError], errors: Sequence[AitbcError]) -> int:
    """Targets that were not heard count as several targets do; what the operation met itself, by its own code.

    A connection that was lost once targets had answered leaves it partly done. `errors` may name the unheard again.
    """
    silent = {error.host for error in unheard}
    known = (Exit.CONNECT, Exit.TIMEOUT)
    codes = [code_of(error) for error in errors if error.host not in silent or code_of(error) not in known]
    own = [Exit.UNHEALTHY if answered and code is Exit.CONNECT else code for code in codes]
    return combine([*own, for_targets(answered, unheard)])


def flatten(error: BaseException) -> list[AitbcError] | None:
    """The foreseeable failures inside; None when anything else is among them."""
    if isinstance(error, AitbcError):
        return [error]
    if not isinstance(error, BaseExceptionGroup):
        return None
    found: list[AitbcError] = []
    for inner in error.exceptions:
        inside = flatten(inner)
        if inside is None:
            return None
        found.extend(inside)
    return found
