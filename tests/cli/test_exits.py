"""The documented exit codes, one by one and together."""

from __future__ import annotations

import io

import pytest

from aitbc_tui.cli.exits import code_of, combine, flatten, for_operation, for_targets
from aitbc_tui.cli.looking import figure_error
from aitbc_tui.cli.report import report
from aitbc_tui.config.errors import NoConfiguration
from aitbc_tui.domain import errors
from aitbc_tui.domain.errors import AitbcError, HostKeyError, HostKeyProblem, HttpError
from aitbc_tui.domain.observed import Observed, Trouble, TroubleKind
from aitbc_tui.domain.text import clean


def host_key() -> AitbcError:
    return HostKeyError("changed", problem=HostKeyProblem.CHANGED)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("x"), 2),
        (errors.ConfigError("a key command took too long", timed_out=True), 2),
        (NoConfiguration("x"), 2),
        (errors.ConnectError("x"), 3),
        (errors.ConnectError("x", timed_out=True), 4),
        (host_key(), 5),
        (errors.AuthError("x"), 3),
        (errors.TunnelError("x"), 3),
        (errors.CommandError("x"), 1),
        (errors.CommandError("x", timed_out=True), 4),
        (HttpError("x", status=500), 1),
        (HttpError("x", status=401), 1),
        (HttpError("no answer"), 3),
        (HttpError("no answer", timed_out=True), 4),
        (errors.ParseError("x"), 1),
        (errors.TrustError("x"), 5),
        (errors.GuardError("x"), 6),
    ],
)
def test_one_failure(error: AitbcError, code: int) -> None:
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], 0),
        ([0], 0),
        ([1, 4], 4),
        ([4, 3], 3),
        ([3, 2], 2),
        ([2, 6], 6),
        ([6, 5], 5),
        ([1, 0], 1),
        ([4, 3, 2, 6, 5], 5),
    ],
)
def test_several_causes(codes: list[int], code: int) -> None:
    assert combine(codes) == code


def test_several_targets() -> None:
    down = errors.ConnectError("x")
    slow = errors.ConnectError("x", timed_out=True)
    assert for_targets(2, []) == 0
    assert for_targets(1, [down]) == 1
    assert for_targets(1, [slow]) == 1
    assert for_targets(0, [down, slow]) == 3
    assert for_targets(0, [slow]) == 4
    assert for_targets(1, [down, host_key()]) == 5
    assert for_targets(1, [errors.ConfigError("x")]) == 2


def test_an_operation_on_several_targets() -> None:
    hung = HttpError("no answer in 5 s", host="follower", timed_out=True)
    down = errors.ConnectError("refused", host="follower")
    late = errors.CommandError("the time was over", host="genesis", timed_out=True)
    lost = errors.ConnectError("connection lost", host="genesis")
    assert for_operation(1, [hung], []) == 1, "one answered: what the other did is no time-out of the whole"
    assert for_operation(1, [hung], [hung]) == 1, "it is the same cause when the operation meets it again"
    assert for_operation(0, [hung], []) == 4 and for_operation(0, [hung, down], []) == 3
    assert for_operation(2, [], [late]) == 4 and for_operation(1, [down], [late]) == 4
    assert for_operation(2, [], [lost]) == 1 and for_operation(0, [], [lost]) == 3
    assert for_operation(1, [down], [host_key()]) == 5 and for_operation(2, [], []) == 0


def test_groups_are_opened_and_strangers_noticed() -> None:
    inner = [errors.ConnectError("a"), errors.GuardError("b")]
    assert flatten(ExceptionGroup("g", [ExceptionGroup("h", inner)])) == inner
    assert flatten(ExceptionGroup("g", [inner[0], KeyError("x")])) is None
    assert flatten(KeyError("x")) is None


def test_a_line_that_names_a_host_also_says_what_to_try() -> None:
    """An answer that was too large, or none: the server gives no remedy, so the way to one is named."""
    told = io.StringIO()
    assert report([errors.ParseError("not UTF-8", host="genesis")], told) == 1
    assert told.getvalue() == "aitbc-tui: genesis: not UTF-8; try: aitbc-tui doctor\n"
    told = io.StringIO()
    report([errors.GuardError("restart: not confirmed, nothing was done")], told)
    assert told.getvalue() == "aitbc-tui: restart: not confirmed, nothing was done\n"


def test_a_line_names_its_host_once() -> None:
    said = Trouble(TroubleKind.BROKEN, clean("broken: genesis: answer larger than 9 bytes"))
    jobs: Observed[int] = Observed("jobs", 5.0, trouble=said)
    error = figure_error(jobs, "genesis")
    assert error is not None and error.detail == "broken: answer larger than 9 bytes"
