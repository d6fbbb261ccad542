"""The README tells the truth: its lists are the program's own, its commands work, its exit codes are those used."""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from aitbc_tui.cli.exits import Exit
from aitbc_tui.config.load import Flags, load
from tests import readme
from tests.fixtures.sshd import RealSshd, public, real_sshd

__all__ = ["real_sshd"]

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_lists_are_those_of_the_program() -> None:
    assert sorted(readme.named(TEXT)) == sorted(readme.SECTIONS)
    stale = readme.made_anew(TEXT) != TEXT
    assert not stale, "out of date: python -m tests.readme writes the lists anew"


@pytest.mark.parametrize("command", ["'.[demo]' && .venv/bin/aitbc-tui demo", "'.[demo,dev]' && .venv/bin/pytest"])
def test_the_two_commands(command: str) -> None:
    assert f"\npython3 -m venv .venv && .venv/bin/pip install {command}\n" in TEXT


def test_the_configuration_it_shows_is_valid(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.S)
    path = tmp_path / "config.toml"
    path.write_text(block)
    path.chmod(0o600)
    environment = load(Flags(config=str(path)), {}).environment
    assert [node.name for node in environment.nodes] == ["genesis", "follower"] and environment.coordinator is not None


def test_every_exit_code_is_listed() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.M)}
    assert listed == {int(code) for code in Exit}


def test_every_dependency_has_its_reason() -> None:
    """The table names exactly what the package pulls in, and each of it is imported somewhere."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["demo"]]
    names = {re.split(r"[\[><=]", entry)[0] for entry in wanted}
    section = TEXT.partition("## Dependencies")[2].partition("\n## ")[0]
    assert {line.split("`")[1] for line in section.splitlines() if line.startswith("| `")} == names
    code = "\n".join(path.read_text() for path in (ROOT / "aitbc_tui").rglob("*.py"))
    modules = {name: "pynvml" if name == "nvidia-ml-py" else name for name in names}
    idle = [name for name, module in modules.items() if not re.search(rf"^\s*(from|import) {module}\b", code, re.M)]
    assert idle == []


def test_every_file_it_names_exists() -> None:
    named = re.findall(r"\]\(((?!https?:|#)[^)]+)\)|<img[^>]* src=\"([^\"]+)\"", TEXT)
    paths = {one or two for one, two in named}
    assert paths and [path for path in sorted(paths) if not (ROOT / path).exists()] == []


async def test_the_least_authorized_keys_line_lets_watch_and_no_more(real_sshd: Callable[..., RealSshd]) -> None:
    """As it stands in the README, with our port: a shell and that port are reached, no other port is."""
    found = re.search(r"^(restrict,\S*?)permitopen=\S+ ssh-ed25519", TEXT, re.M)
    assert found is not None

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    listening = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server = real_sshd()
    line = f'{found[1]}permitopen="127.0.0.1:{port}" {public(server.user_key)}\n'
    (server.root / "authorized_keys").write_text(line)
    keys = {"client_keys": [str(server.user_key)], "known_hosts": str(server.known_hosts), "config": ()}
    async with listening, asyncssh.connect("127.0.0.1", server.port, **keys) as connection:
        assert (await connection.run("echo shell")).stdout == "shell\n"
        reader, _ = await connection.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 5) == b"hello"
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", server.port)
