"""Figures in words: rounded down, never finer than known."""

from __future__ import annotations

import pytest

from aitbc_tui.domain.figures import clock, coarse_age, duration, short_hash
from aitbc_tui.domain.identity import Masker, Role
from aitbc_tui.domain.observed import Freshness, Observed, Trouble, TroubleKind
from aitbc_tui.domain.text import SafeText


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "never"), (0, "<5 s"), (4.9, "<5 s"), (5, "5 s"), (59.9, "55 s"), (60, "1 m"), (3599, "59 m"),
     (3600, "1 h"), (172_799, "47 h"), (172_800, "2 d"), (-3, "<5 s")],
)  # fmt: skip
def test_ages(seconds: float | None, words: str) -> None:
    assert coarse_age(seconds) == words


def test_the_bound_of_a_slower_poll() -> None:
    assert coarse_age(14, bound_s=20) == "<20 s"


def test_durations_and_hashes() -> None:
    assert duration(5 * 86400 + 12 * 3600 + 34 * 60) == "5d 12h 34m"
    assert duration(59) == "0m"
    assert short_hash("0x" + "ab" * 32) == "abababab…ababab"
    assert clock(0, seconds=True) == "00:00:00" and clock(None) == "–"


def test_a_figure_is_fresh_stale_or_says_why_not() -> None:
    seen: Observed[int] = Observed("x", limit_s=6)
    assert seen.freshness(0) is Freshness.CONNECTING
    lost = seen.failed(Trouble(TroubleKind.CONNECT, SafeText("refused"), since=1))
    assert lost.freshness(1) is Freshness.UNREACHABLE
    assert seen.failed(Trouble(TroubleKind.REFUSED, SafeText("401"))).freshness(1) is Freshness.REFUSED
    got = lost.got(7, at=10)
    assert (got.fresh(16), got.fresh(16.1)) == (7, None)
    assert got.freshness(16.1) is Freshness.STALE
    again = got.failed(Trouble(TroubleKind.CONNECT, SafeText("refused"), since=20))
    assert again.value == 7, "the last value is never wiped"
    later = again.failed(Trouble(TroubleKind.CONNECT, SafeText("refused"), since=30))
    assert later.trouble is not None and later.trouble.since == 20, "since when it fails, not since the last try"


def test_ids_are_masked_and_stay_out_of_reprs() -> None:
    masker = Masker(b"salt" * 4, {"known-key": "ops"})
    identity = masker(Role.MINER, "miner-dev-key-1")
    assert identity.label.startswith("miner·") and len(identity.label) == 10
    assert "dev-key" not in repr(identity) and "dev-key" not in str(identity)
    assert masker(Role.MINER, "miner-dev-key-1") == identity
    assert masker(Role.CLIENT, "known-key").label == "ops"
    assert Masker(b"other" * 4)(Role.MINER, "miner-dev-key-1").label != identity.label
