"""Where the log goes, and what never gets into it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from aitbc_tui.cli.logs import log_file, log_to_state, log_to_stderr


def speak() -> None:
    logger = logging.getLogger("aitbc_tui.test")
    logger.debug("a detail")
    logging.getLogger("asyncssh").info("a library's detail")
    try:
        raise ValueError("hunter2")
    except ValueError:
        logger.exception("it failed\x1b[2J\nhere")


def test_verbose_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    speak()
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2 and "a detail" in lines[0]
    assert "ValueError in" in lines[1] and "hunter2" not in lines[1] and "\x1b" not in lines[1]


def test_under_a_screen_it_goes_to_the_state_folder_only(capfd: pytest.CaptureFixture[str], home: Path) -> None:
    log_to_state(verbose=False)
    assert list(home.iterdir()) == [], "nothing is made before there is something to say"
    speak()
    assert capfd.readouterr().err == ""
    assert log_file().read_text().count("\n") == 1
    assert log_file().stat().st_mode & 0o777 == 0o600 and log_file().parent.stat().st_mode & 0o777 == 0o700


def test_a_log_that_cannot_be_written_ends_nothing(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/nowhere")
    log_to_state(verbose=True)
    speak()
    assert capfd.readouterr().err == ""
