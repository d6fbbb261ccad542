"""The frame: options before and after the verb, typos, aliases, endings."""

from __future__ import annotations

import argparse
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aitbc_tui.cli import aliases, families
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.families import FAMILIES
from aitbc_tui.cli.options import Common, Parser, bind_yes, common_of, verb_index
from aitbc_tui.cli.output import table, width
from aitbc_tui.cli.program import build_parser
from aitbc_tui.cli.signals import Signalled
from aitbc_tui.domain.errors import ConnectError, GuardError
from aitbc_tui.domain.snapshot import Access

from ..config.samples import VALID, write
from .conftest import Run


def every_parser(parser: Parser) -> list[Parser]:
    return [parser, *(inner for sub in parser.commands().values() for inner in every_parser(sub))]


WHOLE = build_parser(lambda family: True)


@pytest.mark.parametrize("parser", every_parser(WHOLE), ids=lambda parser: parser.prog)
def test_every_command_has_help_with_an_example_and_the_common_options(parser: Parser) -> None:
    text = parser.format_help()
    assert "example" in text.rpartition("\n\n")[2], "the help ends with an example"
    assert parser.epilog and "aitbc-tui" in parser.epilog
    for option in ("--config", "--env", "--read-only", "--yes", "--timeout", "--version", "--verbose", "--help"):
        assert option in parser.own_options(), option


def test_help_is_printed_and_succeeds(run: Run) -> None:
    for words in (["--help"], ["config", "--help"], ["receipts", "verify", "-h"]):
        done = run(*words)
        assert done.code == 0 and done.out.startswith("usage: aitbc-tui") and not done.err
    for family in FAMILIES:
        assert family.help.split()[0] in run("--help").out


def test_version(run: Run) -> None:
    assert run("--version").out.startswith("aitbc-tui 0.")
    assert run("config", "path", "--version").code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["confg"], 'no command "confg"; did you mean "config"?'),
        (["config", "shwo"], 'did you mean "show"?'),
        (["config", "show", "--jsn"], 'unknown option --jsn; did you mean "--json"?'),
        (["config", "path", "--read"], "unknown option --read"),
        (["config", "path", "surplus"], "unknown argument surplus"),
        (["config"], "ACTION"),
        (["--timeout", "0", "config", "path"], "more than 0"),
        (["config", "path", "--timeout", "nan"], "more than 0"),
        (["config", "path", "--timeout"], "expected one argument"),
        (["\x1b]52;c;x\x07"], "no command"),
    ],
)
def test_usage_mistakes_are_one_line_and_exit_2(run: Run, words: list[str], says: str) -> None:
    done = run(*words)
    assert done.code == 2 and not done.out
    assert done.err.count("\n") == 1 and says in done.last and "try: aitbc-tui" in done.last
    assert "\x1b" not in done.err


@pytest.mark.parametrize(
    "words",
    [["--config", "F", "config", "path"], ["config", "--config=F", "path"], ["config", "path", "--config", "F"]],
)
def test_common_options_stand_anywhere(run: Run, words: list[str], tmp_path: Path) -> None:
    done = run(*[word.replace("F", str(tmp_path / "other.toml")) for word in words])
    assert done.out == f"{tmp_path}/other.toml\n"


def test_what_stands_before_the_verb_is_not_undone_after_it() -> None:
    args = WHOLE.parse_args(["--env", "prod", "--read-only", "-v", "--timeout", "3", "config", "path"])
    assert common_of(args, {}) == Common(env="prod", read_only=True, timeout_s=3.0, verbose=True)
    args = WHOLE.parse_args(["--env", "a", "config", "--env", "b", "path"])
    assert common_of(args, {}).env == "b"


def test_variables_stand_in_for_flags(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    args = WHOLE.parse_args(["config", "path"])
    assert common_of(args, {"AITBC_TUI_TIMEOUT": "4", "AITBC_TUI_READ_ONLY": "yes"}) == Common(
        timeout_s=4.0, read_only=True
    )
    monkeypatch.setenv("AITBC_TUI_TIMEOUT", "soon")
    done = run("config", "path")
    assert done.code == 2 and done.last.startswith("aitbc-tui: AITBC_TUI_TIMEOUT:")


def test_where_the_verb_is() -> None:
    assert verb_index(["--config", "submit", "-v", "jobs", "x"]) == 3
    assert verb_index(["--config=submit", "jobs"]) == 1
    assert verb_index(["--ascii", "--theme", "dark"]) is None
    assert verb_index([]) is None


def test_yes_takes_only_the_name_of_an_environment() -> None:
    names = frozenset({"prod"})
    assert bind_yes(["cancel", "--yes", "prod", "ID"], names) == ["cancel", "--yes=prod", "ID"]
    assert bind_yes(["cancel", "--yes", "ID"], names) == ["cancel", "--yes=", "ID"]
    assert bind_yes(["cancel", "ID", "--yes"], names) == ["cancel", "ID", "--yes="]
    assert bind_yes(["--yes", "--json", "--yes", "prod"], names) == ["--yes=", "--json", "--yes=prod"]
    assert bind_yes(["a", "--", "--yes"], names) == ["a", "--", "--yes"]
    args = WHOLE.parse_args(bind_yes(["--yes", "config", "path"], names))
    assert common_of(args, {}).yes == ""


def test_yes_before_the_verb(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path)
    assert run("--config", path, "--yes", "config", "path").code == 0
    assert run("--yes", "prod", "--config", path, "config", "path").code == 0
    done = run("--config", path, "--yes", "test", "config", "show")
    assert done.code == 6 and "--yes names" in done.last
    done = run("--config", path, "--yes", "prdo", "status")
    assert done.code == 2 and 'no environment and no command "prdo"; did you mean "prod"?' in done.last


@pytest.mark.parametrize(
    ("words", "real"),
    [
        ("admin-miners --json", "miners --json"),
        ("--env x admin-jobs", "--env x jobs"),
        ("submit inference --prompt p", "submit --type inference --prompt p"),
        ("submit --model inference", "submit --model inference"),
        ("receipts --job-id abc", "receipts --job abc"),
        ("receipts --job-id=abc", "receipts --job=abc"),
        (f"status {'0aF3' * 8} --json", f"job {'0aF3' * 8} --json"),
        ("status --target all", "status --target all"),
    ],
)
def test_aliases(words: str, real: str) -> None:
    split = words.split()
    at = verb_index(split)
    assert at is not None
    assert aliases.rewrite(split, at) == real.split()


class Verb:
    """A family that does what a test wants."""

    @staticmethod
    def install(monkeypatch: pytest.MonkeyPatch, action: object) -> None:
        def run(ctx: Context, args: argparse.Namespace) -> int:
            return action(ctx)  # type: ignore[operator]

        module = type(sys)("a_family_of_tests")
        module.add = lambda parser, verb: None  # type: ignore[attr-defined]
        module.run = run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        item = families.Family("act", module.__name__, "acts", "aitbc-tui act")
        monkeypatch.setattr("aitbc_tui.cli.program.FAMILIES", (item,))
        monkeypatch.setattr(families, "FAMILIES", (item,))


def raising(error: BaseException) -> object:
    def action(ctx: Context) -> int:
        raise error

    return action


def test_the_last_line_names_the_host_and_the_remedy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [
        ConnectError("refused\nus\x1b[2J", host="follower", remedy="start sshd"),
        ConnectError("no answer", host="genesis", timed_out=True),
    ]
    Verb.install(monkeypatch, raising(ExceptionGroup("both", failures)))
    done = run("act")
    assert done.code == 3
    assert done.err.count("\n") == 2 and "genesis: no answer" in done.err
    assert done.last.startswith("aitbc-tui: follower: refused") and done.last.endswith("; try: start sshd")
    assert "\x1b" not in done.err and "Traceback" not in done.err


def test_interrupts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Verb.install(monkeypatch, raising(KeyboardInterrupt()))
    assert run("act").code == 130
    Verb.install(monkeypatch, raising(BaseExceptionGroup("g", [KeyboardInterrupt(), ValueError()])))
    assert run("act").code == 130
    Verb.install(monkeypatch, raising(Signalled(15)))
    assert run("act").code == 143
    Verb.install(monkeypatch, raising(Signalled(1)))
    assert run("act").code == 129


def test_an_unforeseen_failure_leaves_a_report_without_secrets(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    def action(ctx: Context) -> int:
        try:
            {}["hunter2-inner"]
        except KeyError as error:
            raise ValueError("hunter2-live-key") from error
        return 0

    Verb.install(monkeypatch, action)
    done = run("act", "--env", "hunter2-argument")
    assert done.code == 1 and "Traceback" not in done.err and "hunter2" not in done.err
    reports = list((home / "state/aitbc-tui").iterdir())
    assert len(reports) == 1 and str(reports[0]) in done.last
    assert stat.S_IMODE(reports[0].stat().st_mode) == 0o600
    text = reports[0].read_text()
    assert "builtins.ValueError" in text and "builtins.KeyError" in text and "test_main.py" in text
    assert "hunter2" not in text


def test_an_unforeseen_failure_where_nothing_can_be_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/nowhere")
    Verb.install(monkeypatch, raising(ValueError()))
    done = run("act")
    assert done.code == 1 and "no report could be written" in done.last


class TestContext:
    def context(self, tmp_path: Path, text: str = VALID, **common: object) -> Context:
        path = str(write(tmp_path, text))
        return Context(Common(config=path, **common), timeout_s=5.0, environ={})  # type: ignore[arg-type]

    def test_the_deadline_of_a_command(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        async def forever() -> None:
            import asyncio

            await asyncio.sleep(60)

        Verb.install(monkeypatch, lambda ctx: ctx.run(forever))
        done = run("act", "--timeout", "0.1")
        assert done.code == 4 and "0.1 s" in done.last and "--timeout" in done.last

    def test_a_timeout_inside_the_work_is_not_the_deadline(self, tmp_path: Path) -> None:
        async def fails() -> None:
            raise TimeoutError("mine")

        with pytest.raises(TimeoutError, match="mine"):
            self.context(tmp_path).run(fails)

    def test_access_levels(self, tmp_path: Path) -> None:
        ctx = self.context(tmp_path)
        ctx.require(Access.SUBMIT, "submit")
        with pytest.raises(GuardError, match=r"service needs access operate.*config\.toml:3"):
            ctx.require(Access.OPERATE, "service")
        read_only = self.context(tmp_path, read_only=True)
        with pytest.raises(GuardError, match="--read-only"):
            read_only.require(Access.SUBMIT, "submit")

    def test_confirmation_needs_a_terminal_or_yes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Context, "interactive", False)
        production = VALID.replace("[env.prod]\n", "[env.prod]\nproduction = true\n")
        with pytest.raises(GuardError, match="not confirmed"):
            self.context(tmp_path).ask("Stop x")
        assert self.context(tmp_path, yes="").ask("Stop x")
        assert self.context(tmp_path).ask("Stop x", force=True)
        with pytest.raises(GuardError, match="--yes prod"):
            self.context(tmp_path, production, yes="").ask("Stop x")
        assert self.context(tmp_path, production, yes="prod").ask("Stop x")

    def test_warnings_are_told_once(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        path = str(write(tmp_path))
        ctx = Context(Common(config=path), timeout_s=None, environ={"AITBC_TUI_ENVV": "x"})
        assert ctx.settings is ctx.settings is ctx.settings_of_file
        assert capfd.readouterr().err.count("AITBC_TUI_ENVV") == 1


def test_tables_are_aligned_and_clean() -> None:
    lines = table(("a", "n"), [("日本", "1"), ("x\x1b[2J", "100")], right=[1])
    assert len({width(line) for line in lines}) == 1
    assert "\x1b" not in "".join(lines)
    assert lines[1].endswith("  1") and lines[2].endswith("100")


def test_a_reader_that_leaves_is_no_traceback(tmp_path: Path) -> None:
    command = f"{sys.executable} -m aitbc_tui config schema | head -c 10; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=30, env=dict(os.environ))
    assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr
    assert done.returncode in (0, 1)


def test_a_recording_is_of_the_dashboard_and_not_silently_left_out(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.rec"
    done = run("--record", file, "watch", "--plain")
    assert done.code == 2 and "--record records the dashboard, not watch" in done.last and not file.exists()


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_the_output_is_said_in_one_line(unbuffered: str, home: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "aitbc_tui", "config", "schema"]
        environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, env=environment, text=True)
    assert done.returncode == 1
    assert done.stderr == "aitbc-tui: the output cannot be written: No space left on device\n"
    assert not list(home.rglob("crash-*")), "no fault of the program"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_failure(closed: str, home: Path) -> None:
    command = f"{sys.executable} -m aitbc_tui jobs {closed}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, env=dict(os.environ), text=True)
    assert done.returncode == 2 and "unforeseen" not in done.stderr
    assert ("no such file" in done.stderr) is ("2>&-" not in closed) and not list(home.rglob("crash-*"))


def test_the_number_of_a_closed_stream_goes_to_no_file() -> None:
    """`> FILE` of a child, or a line of ours, would land in the ledger or in a connection."""
    script = (
        "import os, sys; from aitbc_tui.cli.main import main; main(['config', 'path']); "
        "sys.stderr.write(os.readlink('/proc/self/fd/1'))"
    )
    command = f'{sys.executable} -c "{script}" >&-'
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, env=dict(os.environ), text=True)
    assert done.stderr.strip() == "/dev/null"
