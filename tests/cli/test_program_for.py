"""What is said to be typed in a shell leads to the network that is on the screen, and to no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitbc_tui.cli.looking import program_for
from aitbc_tui.collect.plans import shell_twin
from aitbc_tui.config import paths
from aitbc_tui.config.load import Flags, load
from aitbc_tui.domain.operation import Verb, Wish

ONE = '[env.{name}.hosts.h]\naddress = "local"\n[[env.{name}.nodes]]\nname = "n"\nrole = "node"\nhost = "h"\n' + (
    'rpc = "http://127.0.0.1:8006"\n'
)


def _file(path: Path, *names: str, default: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f'default_env = "{default}"\n' if default else ""
    path.write_text(head + "".join(ONE.format(name=name) for name in names))
    return path


@pytest.mark.parametrize(
    ("names", "default", "env", "words"),
    [
        (("prod",), "", "prod", ""),
        (("prod", "lab"), "prod", "prod", ""),
        (("prod", "lab"), "prod", "lab", " --env lab"),
        (("prod", "lab"), "", "prod", " --env prod"),
    ],
)
def test_the_usual_file(names: tuple[str, ...], default: str, env: str, words: str) -> None:
    _file(paths.config_file(), *names, default=default)
    assert program_for(load(Flags(env=env), {}), env) == f"aitbc-tui{words}"


def test_another_file(tmp_path: Path) -> None:
    file = _file(tmp_path / "my lab" / "c.toml", "prod")
    assert program_for(load(Flags(config=str(file)), {}), "prod") == f"aitbc-tui --config '{file}'"


def test_the_twin_of_a_forced_write_names_its_production() -> None:
    restart = Wish(Verb.COORDINATE, "follower", action="restart", unit="x")
    program = "aitbc-tui --config a.toml"
    assert shell_twin(restart, program, "prod").startswith(f"{program} --yes prod coordinate --target follower ")
    assert "--yes" not in shell_twin(restart, program)
    assert "--yes" not in shell_twin(Wish(Verb.STATUS, "all"), program, "prod")
