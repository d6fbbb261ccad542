"""The wheel as a newcomer installs it: in an environment of its own, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from aitbc_tui import __version__
from tests.fixtures.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
DEPENDENCIES = sysconfig.get_paths()["purelib"]


@dataclass(frozen=True)
class Installed:
    """A fresh environment with nothing but our wheel; what it depends on is lent by the one that runs the tests."""

    wheel: Path
    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    @property
    def program(self) -> str:
        return str(self.folder / "bin" / "aitbc-tui")

    def run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.folder, env=_environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    scratch = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index"]
    build = [*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", str(scratch), str(ROOT)]
    subprocess.run(build, check=True, timeout=110)
    (wheel,) = scratch.glob("*.whl")
    folder = scratch / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    install = [*pip, "--python", str(folder / "bin" / "python"), "install", *offline, str(wheel)]
    subprocess.run(install, check=True, timeout=60)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(f"{DEPENDENCIES}\n")
    return Installed(wheel, folder)


def test_the_wheel_holds_what_the_program_needs(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        names = set(archive.namelist())
    package = {name for name in names if name.startswith("aitbc_tui/")}
    assert {name.partition("/")[0] for name in names - package} == {f"aitbc_tui-{__version__}.dist-info"}
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "aitbc_tui").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected |= {f"aitbc_tui/styles/{path.name}" for path in (ROOT / "styles").iterdir()}
    assert package == expected
    assert "aitbc_tui/py.typed" in package


def test_the_program_runs_from_the_wheel(installed: Installed) -> None:
    where = installed.run(installed.python, "-c", "import aitbc_tui; print(aitbc_tui.__file__)")
    assert Path(where.strip()).is_relative_to(installed.folder)
    said = f"aitbc-tui {__version__}\n"
    assert installed.run(installed.program, "--version") == said
    assert installed.run(installed.python, "-m", "aitbc_tui", "--version") == said
    metadata = installed.run(
        installed.python, "-c", "from importlib.metadata import version; print(version('aitbc-tui'))"
    )
    assert metadata.strip() == __version__


def test_the_styles_come_from_the_wheel(installed: Installed) -> None:
    found = installed.run(
        installed.python, "-c", "from aitbc_tui.ui.styling import sheets; print(*map(str, sheets()), sep='\\n')"
    )
    paths = [Path(line) for line in found.splitlines()]
    assert {path.name for path in paths} == {path.name for path in (ROOT / "styles").iterdir()}
    assert all(path.is_relative_to(installed.folder) and path.is_file() for path in paths)


@pytest.mark.timeout(120)
def test_the_demo_runs_from_the_wheel(installed: Installed, tmp_path: Path) -> None:
    """Screens, styles and the network's stand-ins, none of them from the checkout."""
    env = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": ""}
    with Terminal([installed.program, "demo", "--seed", "7"], cwd=tmp_path, env=env) as one:
        one.until(" ● sound ", 60)
        one.press("q")
        assert one.wait() == 0
