"""Completion scripts complete what the parser knows."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from aitbc_tui.cli.families import FAMILIES

from .conftest import Run


def complete(script: Path, line: str) -> set[str]:
    """What bash offers for the last word of `line`."""
    program = (
        f"source {script}; COMP_WORDS=({line}); [[ '{line}' == *' ' ]] && COMP_WORDS+=('');"
        'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _aitbc_tui; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=20, cwd=script.parent)
    assert not done.stderr, done.stderr
    return set(done.stdout.split())


@pytest.fixture
def script(run: Run, tmp_path: Path) -> Path:
    done = run("completions", "bash")
    assert done.code == 0 and not done.err
    path = tmp_path / "completion.bash"
    path.write_text(done.out)
    return path


def test_bash(script: Path) -> None:
    verbs = {family.verb for family in FAMILIES}
    assert verbs <= complete(script, "aitbc-tui ")
    assert complete(script, "aitbc-tui conf") == {"config"}
    assert complete(script, "aitbc-tui --env prod config val") == {"validate"}
    assert {"--json", "--config"} <= complete(script, "aitbc-tui config show --")
    assert complete(script, "aitbc-tui trust add s") == {"signing"}
    assert complete(script, "aitbc-tui completions f") == {"fish"}


def test_bash_offers_files_where_nothing_else_fits(script: Path) -> None:
    (script.parent / "receipt.json").write_text("")
    assert "receipt.json" in complete(script, "aitbc-tui receipts verify rec")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_name_every_command(run: Run, shell: str, tmp_path: Path) -> None:
    text = run("completions", shell).out
    for family in FAMILIES:
        assert family.verb in text
    for word in ("--json" if shell == "zsh" else "-l json", "validate", "verify"):
        assert word in text
    found = shutil.which(shell)
    if found is not None:
        (tmp_path / "script").write_text(text)
        done = subprocess.run([found, "-n", str(tmp_path / "script")], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr


def test_fish_quotes_are_closed(run: Run) -> None:
    for line in run("completions", "fish").out.splitlines():
        assert line.replace("\\'", "").count("'") % 2 == 0, line


def test_an_unknown_shell(run: Run) -> None:
    done = run("completions", "fsh")
    assert done.code == 2 and 'did you mean "fish"' in done.last
