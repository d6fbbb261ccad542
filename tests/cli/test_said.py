"""Words of the plain listings that once said more than was known, each seen wrong against a running platform."""

from __future__ import annotations

import pytest

from aitbc_tui.cli.blocks import _cell
from aitbc_tui.cli.checks import State
from aitbc_tui.cli.diagnosis import credential_check, offset_words
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.protocol.capability import Probe
from aitbc_tui.state.transactions import NodeView

SOUND = Verdict(Level.GOOD, SafeText("works"))
EXPIRING = Verdict(Level.WARN, SafeText("expires"), SafeText("expires in 50 m"))


@pytest.mark.parametrize(
    ("own", "status", "state"),
    [
        (SOUND, 200, State.OK),
        (EXPIRING, 200, State.WARN),
        (EXPIRING, 500, State.FAIL),
        (EXPIRING, 401, State.FAIL),
        (SOUND, 500, State.FAIL),
    ],
)
def test_a_credential_works_only_where_its_use_did(own: Verdict, status: int, state: State) -> None:
    """With the database gone every list answers 500: a token that expires soon was said to work all the same."""
    check = credential_check(own, "admin", "coord", Probe(status, b'{"items": []}'))
    assert check.state is state
    assert ("works" in check.detail) is (status == 200)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1.2, "within 2 s of ours"),
        (1.9, "within 2 s of ours"),
        (-7.4, "about 7 s behind ours"),
        (61.0, "about 61 s ahead of ours"),
    ],
)
def test_clocks_are_told_no_finer_than_their_headers(seconds: float, words: str) -> None:
    assert offset_words(seconds) == words


def test_a_block_that_was_not_asked_for_is_not_said_to_be_missing() -> None:
    heard, silent = NodeView("genesis", True, head=55), NodeView("follower", False)
    assert _cell(None, heard, 45) == "?", "only the blocks next to its head were asked for"
    assert _cell(None, heard, 56) == "–", "it has not come so far"
    assert _cell(None, silent, 45) == "?"
