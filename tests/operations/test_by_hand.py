"""What is typed where this program runs, for hosts as a configuration names them."""

from __future__ import annotations

import pytest

from aitbc_tui.config.model import HostConfig
from aitbc_tui.operations.byhand import _reached


@pytest.mark.parametrize(("port", "asked"), [(None, 22), (2222, 2222)])
def test_an_address_in_figures_is_asked_as_it_is(port: int | None, asked: int) -> None:
    typed = _reached(HostConfig("genesis", "10.0.0.7", port))
    assert typed["name"] == "getent hosts 10.0.0.7" and typed["tcp"] == f"nc -zv 10.0.0.7 {asked}"
    assert typed["host key"] == f"ssh-keyscan -p {asked} 10.0.0.7 | ssh-keygen -lf -"


@pytest.mark.parametrize(("port", "asked"), [(None, "ssh -G 'my host'"), (2222, "ssh -G -p 2222 'my host'")])
def test_a_name_is_asked_of_ssh_config(port: int | None, asked: str) -> None:
    typed = _reached(HostConfig("genesis", "my host", port))
    assert typed["tcp"].startswith(f"nc -zv $({asked} | awk") and typed["tcp"].count(asked) == 2


def test_this_machine_needs_no_way() -> None:
    assert _reached(HostConfig("here", "local")) == {}
