"""Encrypted SSH keys: asked for before the screen, only where somebody can answer and a key needs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from aitbc_tui.cli import passphrases
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.options import Common
from aitbc_tui.cli.passphrases import ask_passphrases
from aitbc_tui.domain.errors import AuthError
from aitbc_tui.transport.keys import PASSPHRASES

from ..config.samples import VALID, write


@pytest.fixture
def ctx(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    monkeypatch.setattr(Context, "interactive", True)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (home / ".ssh").mkdir()
    yield Context(Common(config=str(write(tmp_path, VALID))), timeout_s=None, environ={})
    PASSPHRASES.clear()


def key(path: Path, passphrase: str | None) -> Path:
    path.parent.mkdir(exist_ok=True)
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(path), passphrase=passphrase, rounds=50)
    return path


def answers(monkeypatch: pytest.MonkeyPatch, *typed: str) -> list[str]:
    """Give these answers; returns the questions that were asked."""
    asked: list[str] = []
    left = list(typed)

    def getpass(prompt: str) -> str:
        asked.append(prompt)
        return left.pop(0)

    monkeypatch.setattr(passphrases.getpass, "getpass", getpass)
    return asked


def test_an_encrypted_identity_is_asked_for_once(ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = key(tmp_path / "keys/id", "hunter2")
    asked = answers(monkeypatch, "wrong", "hunter2")
    ask_passphrases(ctx, ctx.environment)
    assert PASSPHRASES[str(path)] == "hunter2"
    assert len(asked) == 2 and str(path) in asked[0] and "hunter2" not in "".join(asked)
    ask_passphrases(ctx, ctx.environment)
    assert len(asked) == 2


def test_three_wrong_answers_end_it(ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key(tmp_path / "keys/id", "hunter2")
    answers(monkeypatch, "a", "b", "c")
    with pytest.raises(AuthError, match="3 times") as caught:
        ask_passphrases(ctx, ctx.environment)
    assert caught.value.host == "genesis" and not PASSPHRASES


def test_an_empty_answer_goes_on_without(ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key(tmp_path / "keys/id", "hunter2")
    answers(monkeypatch, "")
    ask_passphrases(ctx, ctx.environment)
    assert not PASSPHRASES


def test_open_keys_and_dumb_pipes_are_not_asked(
    ctx: Context, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answers(monkeypatch)
    key(tmp_path / "keys/id", None)
    ask_passphrases(ctx, ctx.environment)
    key(tmp_path / "keys/id", "hunter2")
    monkeypatch.setattr(Context, "interactive", False)
    ask_passphrases(ctx, ctx.environment)
    assert not asked


@pytest.mark.parametrize("config", ["IdentityFile {key}\n", 'Host x\n  identityfile="{key}"\n', "Include other\n"])
def test_keys_that_only_ssh_config_names_are_noticed(
    ctx: Context, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    path = key(tmp_path / "elsewhere/id", "hunter2")
    (home / ".ssh/config").write_text(config.format(key=path))
    assert passphrases._may_need(ctx.environment.hosts["genesis"])
    assert not passphrases._may_need(ctx.environment.hosts["here"])
