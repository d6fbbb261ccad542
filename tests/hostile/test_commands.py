"""Every command on a network whose every answer is hostile: nothing but text and line ends reaches the terminal.

What hosts and servers answer is poisoned where it enters the program: names, prompts, errors, logs, device names. In
`names` identities, numbers and states stay, so that commands go on to print all of it; in `all` nothing stays, so that
what they print are the refusals.
"""

from __future__ import annotations

import itertools
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aitbc_tui.devnet.child import Child
from aitbc_tui.transport.host import Host, HttpAnswer, ShellAnswer
from tests.cli.conftest import Run, devnet_child, home, run, untouched_logging
from tests.hostile.soil import NASTY

__all__ = ["devnet_child", "home", "run", "untouched_logging"]

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
# What must stay for a command to go on: ids, hashes, moments, numbers, addresses of servers, and the wire's own words.
KEEP = re.compile(
    r"(0x)?[0-9a-f-]{6,}|[\dT:.+Z -]+|[A-Z_]+|https?://\S+|[A-Za-z0-9+/=_-]{40,}|ok|active|online|Ed25519"
)
KEPT_KEYS = frozenset(
    {"state", "status", "alg", "algorithm", "chain_id", "key_id", "digest", "model", "name", "payload"}
)
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("status", "--target", "all"),
    ("health", "--target", "all"),
    ("nodes",),
    ("miners",),
    ("jobs",),
    ("mempool",),
    ("gpus",),
    ("network",),
    ("blocks", "--limit", "3", "--transactions"),
    ("tx", "0x" + "ab" * 32),
    ("receipts", "--limit", "3"),
    ("browser",),
    ("alarms", "--observe", "2"),
    ("watch", "--plain", "--timeout", "4"),
    ("doctor",),
    ("logs", "genesis", "-n", "5"),
    ("service", "status", "aitbc-blockchain-rpc", "--host", "genesis"),
    ("message", "--message", "\x1b]52;c;x\x07", "--target", "all"),
    ("submit", "--model", "\x1b[2Jm", "--prompt", "\x1b]0;owned\x07", "--dry-run"),
)
REFUSED = ("status", "jobs", "miners", "blocks", "receipts", "logs", "health", "gpus")


class Poison:
    """Replaces what comes in; `every` spares nothing."""

    def __init__(self, every: bool) -> None:
        self.every = every
        self.texts = itertools.cycle(text.encode("utf-8", "replace").decode() for text in NASTY)
        self.used = 0

    def nasty(self) -> str:
        self.used += 1
        return next(self.texts)

    def value(self, value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {name: self.value(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, key) for item in value]
        if not isinstance(value, str):
            return value
        stays = key in KEPT_KEYS or KEEP.fullmatch(value)
        return value if stays and not self.every else f"{value}{self.nasty()}"

    def answer(self, answer: HttpAnswer) -> HttpAnswer:
        if self.every:
            said = json.dumps({"detail": self.nasty(), "error": self.nasty()}).encode()
            return replace(answer, status=500, body=said)
        try:
            document = json.loads(answer.body)
        except ValueError:
            return answer
        return replace(answer, body=json.dumps(self.value(document)).encode())

    def printed(self, answer: ShellAnswer) -> ShellAnswer:
        nasty = self.nasty().encode()
        if self.every:
            return replace(answer, exit_status=1, stdout=nasty, stderr=nasty * 3)
        lines = answer.stdout.split(b"\n")
        return replace(answer, stdout=b"\n".join(self.line(line) for line in lines), stderr=answer.stderr + nasty)

    def line(self, line: bytes) -> bytes:
        """A line of a journal, or a property whose value is a text."""
        if not re.match(rb"\d{4}-|(Description|Id|StatusText)=", line):
            return line
        return line + self.nasty().replace("\n", " ").encode()


@pytest.fixture(params=["names", "all"])
def poison(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Poison]:
    made = Poison(request.param == "all")
    ask, work, script, follow = Host.request, Host.run, Host.shell, Host.stream

    async def request_(self: Host, *args: object, **words: object) -> HttpAnswer:
        return made.answer(await ask(self, *args, **words))  # type: ignore[arg-type]

    async def run_(self: Host, *args: object, **words: object) -> ShellAnswer:
        return made.printed(await work(self, *args, **words))  # type: ignore[arg-type]

    async def shell_(self: Host, *args: object, **words: object) -> ShellAnswer:
        return made.printed(await script(self, *args, **words))  # type: ignore[arg-type]

    async def stream_(self: Host, *args: object, **words: object) -> AsyncIterator[bytes]:
        async for line in follow(self, *args, **words):  # type: ignore[arg-type]
            yield line + made.nasty().encode()

    for name, work_ in {"request": request_, "run": run_, "shell": shell_, "stream": stream_}.items():
        monkeypatch.setattr(Host, name, work_)
    yield made


def check(text: str) -> None:
    found = CONTROL.search(text)
    assert found is None, repr(text[max(0, found.start() - 80) : found.end() + 20])


@pytest.mark.timeout(300)
def test_every_command(poison: Poison, run: Run, devnet_child: Child) -> None:
    """Their output, what they say on standard error, and the log that `-v` writes there."""
    seen = ""
    for words in COMMANDS:
        if poison.every and words[0] not in REFUSED:
            continue
        done = run("--config", devnet_child.config_path, "-v", "--timeout", "20", *words)
        check(done.out)
        check(done.err)
        assert "Traceback" not in done.err and "unforeseen" not in done.err, (words, done.err)
        seen += done.out + done.err
    assert poison.used > 20, "nothing was poisoned"
    assert "[/nope]" in seen and "␛" in seen, "hostile text is shown as text"


def test_the_log_a_crash_and_the_audit(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written down can be read with any program: one line each, no control character, no error's message."""
    from aitbc_tui.cli.crash import report
    from aitbc_tui.cli.logs import log_file, log_to_state
    from aitbc_tui.cli.output import failure_line
    from aitbc_tui.domain.errors import CommandError

    with monkeypatch.context() as alone:
        # pytest's own handlers keep what was logged as it came, and cannot pass half a surrogate pair on.
        alone.setattr(logging.getLogger(), "handlers", [])
        log_to_state(verbose=True)
        for text in NASTY:
            logging.getLogger("aitbc_tui.hostile").warning("from a server: %s", text)
            try:
                raise KeyError(text)
            except KeyError as error:
                logging.getLogger("aitbc_tui.hostile").error("crashed", exc_info=error)
                written = report(error, "watch")
            assert not CONTROL.search(written) and "owned" not in written
            check(failure_line(CommandError(text, host=text, remedy=text)))
    kept = log_file().read_text(encoding="utf-8", errors="surrogateescape")
    check(kept)
    assert len(kept.splitlines()) == 2 * len(NASTY)


def test_words_of_the_command_line(run: Run) -> None:
    """An argument that a script took from somewhere comes back in an error."""
    for text in NASTY:
        text = text.replace("\x00", "").encode("utf-8", "ignore").decode()
        for words in ((text,), ("--env", text, "jobs"), ("job", text), ("--theme", text), ("logs", text)):
            done = run(*words)
            check(done.err)
            check(done.out)
            assert done.code != 0
