"""What happened and what was found outlives the process; what was acknowledged stays so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aitbc_tui.domain.alarm import Alarm, AlarmKind, Happening
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ledger.book import Ledger

NOW = 1_795_000_000.0


def finding(about: str, **changes: object) -> Alarm:
    made = Alarm(
        "receipt-bad",
        AlarmKind.FINDING,
        Level.BAD,
        SafeText("TRUST"),
        SafeText(about),
        SafeText("invalid"),
        SafeText("do not pay it"),
        NOW,
        SafeText("by hand"),
        last_true=NOW + 5,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def happened(at: float, word: str = "WEDGED") -> Happening:
    return Happening(
        at, Level.BAD, SafeText(word), SafeText("follower"), SafeText("stands"), SafeText("agrees"), "wedge"
    )


def test_happenings_come_back_newest_first(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.db") as ledger:
        ledger.diary("a").write([happened(1.0), happened(2.0)], (), ())
        ledger.diary("b").write([happened(3.0)], (), ())
    with Ledger.open(tmp_path / "l.db") as ledger:
        assert ledger.diary("a").happenings() == (happened(2.0), happened(1.0))


def test_findings_are_open_until_acknowledged(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.db") as ledger:
        diary = ledger.diary("a")
        diary.write((), [finding("82d4f913"), finding("0be6a85d")], ())
        diary.write((), [finding("82d4f913", last_true=NOW + 99)], [("receipt-bad", "0be6a85d")])
    with Ledger.open(tmp_path / "l.db") as ledger:
        diary = ledger.diary("a")
        (alarm,) = diary.open_findings()
        assert (alarm.about, alarm.last_true, alarm.check) == ("82d4f913", NOW + 99, "by hand")
        assert list(diary.acknowledged(NOW + 100)) == [("receipt-bad", "0be6a85d")]
        assert ledger.diary("b").open_findings() == ()


def test_a_finding_that_comes_again_is_open_again(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.db") as ledger:
        diary = ledger.diary("a")
        diary.write((), [finding("82d4f913")], ())
        diary.write((), (), [("receipt-bad", "82d4f913")])
        assert diary.open_findings() == ()
        diary.write((), [finding("82d4f913", seen=2)], ())
        assert [a.seen for a in diary.open_findings()] == [2]


def test_old_happenings_go(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.db") as ledger:
        diary = ledger.diary("a")
        diary.write([happened(NOW - 40 * 86400), happened(NOW)], (), ())
        diary.prune(NOW)
        assert [h.at for h in diary.happenings()] == [NOW]
