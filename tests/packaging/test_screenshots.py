"""The pictures: made anew by the one command, they say what they are shown for; so do those that are committed."""

from __future__ import annotations

import asyncio
import html
import re
from pathlib import Path

import pytest

from tests import screenshots

ROOT = Path(__file__).resolve().parents[2]
WORDS = {
    "dashboard-120x40": ("● sound", "● agree", "● produces", "genesis", "● drains", "● live", "● valid"),
    "dashboard-bad-120x40": ("■ FORK", "last common", "■ SILENT", "■ STUCK", "untrusted-key", "rogue-proposer"),
    "dashboard-80x24": ("■ FORK", "Overview", "■ 1 SILENT", "1 UNTRUSTED"),
    "submit-120x40": ("Submit inference", "● complete", "llama3.2:latest", "why the sky is blue", "median of"),
    "job-120x40": ("the coordinator says COMPLETED", "● verified", "● valid", "gpu_seconds", "0.020000"),
    "receipt-bad-120x40": ("■ untrusted-key", "SIGNING KEY PINNED", "is not in the trust store"),
    "help-120x40": ("Everywhere", "Dashboard", "Words and glyphs", "What the figures mean"),
}


def words_of(svg: Path) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", "", svg.read_text(encoding="utf-8")))
    return text.replace("\xa0", " ")


def check(folder: Path) -> None:
    for name, words in WORDS.items():
        shown = words_of(folder / f"{name}.svg")
        assert [word for word in words if word not in shown] == [], name


def test_there_is_a_test_for_every_picture() -> None:
    assert set(WORDS) == {shot.name for shot in screenshots.SHOTS}


def test_the_committed_pictures() -> None:
    check(ROOT / "screenshots")
    assert {path.stem for path in (ROOT / "screenshots").iterdir()} == set(WORDS)
    assert all(b"http" not in re.sub(rb'xmlns="[^"]*"|<!--.*?-->', b"", path.read_bytes()) for path in _pictures())


def test_the_readme_shows_them() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in _pictures() if f"screenshots/{path.name}" not in readme] == []


@pytest.mark.timeout(240)
def test_made_anew_they_show_the_same(tmp_path: Path) -> None:
    asyncio.run(screenshots.save(screenshots.see(), tmp_path))
    check(tmp_path)


def _pictures() -> list[Path]:
    return sorted((ROOT / "screenshots").glob("*.svg"))
