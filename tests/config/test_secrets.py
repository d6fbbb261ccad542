"""Credentials: read when needed, from private files or commands, and never shown."""

from __future__ import annotations

import copy
import json
import os
import pickle
import time
from pathlib import Path

import pytest

from aitbc_tui.config import secrets
from aitbc_tui.config.model import Origin, OriginKind, SecretSource
from aitbc_tui.config.secrets import Secret, read_secret
from aitbc_tui.config.show import rows
from aitbc_tui.domain.errors import ConfigError
from tests.fixtures.sshd import RealSshd
from tests.fixtures.waiting import nap

from .samples import VALID, loaded

KEY = "hunter2-live-key"
WHERE = "config.toml:7: env.prod.coordinator.client_"


def source(folder: Path, *, file: Path | None = None, command: str | None = None) -> SecretSource:
    kind = "file" if command is None else "command"
    origin = Origin(OriginKind.FILE, "config.toml:7")
    return SecretSource(f"env.prod.coordinator.client_{kind}", origin, folder, file, command)


def key_file(folder: Path, content: str = f"{KEY}\n", mode: int = 0o600) -> Path:
    path = folder / "client.key"
    path.write_text(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("content", [KEY, f"{KEY}\n", f"  {KEY}\t\r\nsecond line\n"])
def test_a_file_gives_its_first_line_stripped(tmp_path: Path, content: str) -> None:
    assert read_secret(source(tmp_path, file=key_file(tmp_path, content))).reveal() == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError) as caught:
        read_secret(source(tmp_path, file=key_file(tmp_path, mode=mode)))
    assert str(caught.value).startswith(WHERE) and f"{mode:04o}" in str(caught.value)
    assert "chmod 600" in caught.value.remedy and KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"), [("", "empty"), ("\nkey", "empty"), ("two words", "a space"), ("schlüssel", "a character")]
)
def test_a_file_without_a_usable_key(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        read_secret(source(tmp_path, file=key_file(tmp_path, content)))
    assert "words" not in str(caught.value)


def test_what_is_no_file_does_not_hang_and_is_not_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / KEY, 0o600)
    for path, says in [
        (tmp_path / KEY, "no regular file"),
        (tmp_path, "no regular file"),
        (tmp_path / "x" / KEY, "does not exist"),
        (tmp_path / f"nul\0{KEY}", "cannot be opened"),
        (tmp_path / KEY / "below", "cannot be opened"),
    ]:
        with pytest.raises(ConfigError, match=says) as caught:
            read_secret(source(tmp_path, file=path))
        assert KEY not in str(caught.value)


def test_a_command_prints_it(tmp_path: Path) -> None:
    (tmp_path / "print-key").write_text("#!/bin/sh\nprintf '%s\\nrest' \"$1\"\necho noise >&2\n")
    (tmp_path / "print-key").chmod(0o700)
    assert read_secret(source(tmp_path, command=f"./print-key '{KEY}'")).reveal() == KEY


def test_a_command_that_goes_on_is_ended(tmp_path: Path) -> None:
    secret = read_secret(source(tmp_path, command=f"sh -c 'echo {KEY}; echo $$ > pid; exec sleep 60'"))
    assert secret.reveal() == KEY
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{(tmp_path / 'pid').read_text().strip()}") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not os.path.exists(f"/proc/{(tmp_path / 'pid').read_text().strip()}")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("false", "exit status 1"),
        ("no-such-command-here", "cannot be started"),
        ("'open", "unclosed quote"),
        ("   ", "is empty"),
        ("true", "first line is empty"),
        (f"sh -c 'echo {KEY}; exit 3'", "exit status 3"),
    ],
)
def test_commands_that_fail(tmp_path: Path, command: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        read_secret(source(tmp_path, command=command))
    assert str(caught.value).startswith(WHERE) and KEY not in str(caught.value)


def test_a_command_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_TIMEOUT_S", 0.2)
    with pytest.raises(ConfigError, match="did not answer") as caught:
        read_secret(source(tmp_path, command=f"sh -c 'sleep {nap(91)}; :'"))
    assert caught.value.timed_out
    assert not RealSshd.commands(nap(91))


def test_endless_output_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="longer than 16,384 bytes"):
        read_secret(source(tmp_path, command="sh -c 'while :; do printf xxxxxxxxxxxxxxxx; done'"))


def test_a_secret_shows_itself_to_nobody(tmp_path: Path) -> None:
    secret = Secret(KEY)
    told = [repr(secret), str(secret), f"{secret}", f"{secret:>30}", "%s" % secret, repr([secret]), repr({"a": secret})]  # noqa: UP031
    assert all("hunter2" not in text for text in told)
    assert secret == Secret(KEY) and secret != Secret("other") and len({secret, Secret(KEY)}) == 1
    for writer in (pickle.dumps, copy.copy, json.dumps):
        with pytest.raises(TypeError):
            writer(secret)


def test_show_masks_what_may_be_a_secret(tmp_path: Path) -> None:
    text = VALID.replace('client_file = "client.key"', f'client_file = "{KEY}"').replace(
        '"pass show aitbc/admin"', f'"echo {KEY}"'
    )
    shown = {key: (value, str(origin)) for key, value, origin in rows(loaded(tmp_path, text))}
    assert KEY not in repr(shown)
    assert shown["env.prod.coordinator.admin_command"][0] == "echo ••••••"
    path = key_file(tmp_path)
    shown = {key: (value, str(origin)) for key, value, origin in rows(loaded(tmp_path))}
    assert shown["env.prod.coordinator.client_file"][0] == str(path)
    assert shown["env.prod.access"] == ("submit", f"{tmp_path}/config.toml:3")
    assert shown["env.prod.interval_s"] == (2.0, "default")
    assert shown["env.prod.nodes[1].name"][0] == "follower"


def test_settings_do_not_repeat_it_in_their_repr(tmp_path: Path) -> None:
    text = VALID.replace('"pass show aitbc/admin"', f'"echo {KEY}"')
    assert KEY not in repr(loaded(tmp_path, text))
