"""The checks of alarms are whole commands: typed where this program runs, they reach the right host and network."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aitbc_tui.domain.snapshot import Access, Environment
from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.by_hand import at_host, by_hand
from aitbc_tui.state.rules import sign
from aitbc_tui.state.topology import HostFrame, Topology

HERE = HostFrame(SafeText("here"), SafeText("local"), local=True)
THERE = HostFrame(SafeText("there"), SafeText("ssh ops@aitbc1:2222"), shell="ssh -p 2222 ops@aitbc1", sudo=True)
NAMED = HostFrame(SafeText("aitbc2"), SafeText("ssh aitbc2"))
NETWORK = Topology(
    Environment(SafeText("prod"), Access.OBSERVE, program=SafeText("aitbc-tui --env prod")), (HERE, THERE, NAMED)
)


@pytest.mark.parametrize(
    ("host", "command", "typed"),
    [
        ("there", "df -h /", "ssh -p 2222 ops@aitbc1 df -h /"),
        ("aitbc2", "df -h /", "ssh aitbc2 df -h /"),
        ("here", "df -h /", "df -h /"),
        ("there", "curl -s 'http://a/b?limit=1'", "ssh -p 2222 ops@aitbc1 'curl -s '\"'\"'http://a/b?limit=1'\"'\"''"),
        ("there", "curl -s a; sleep 6; curl -s a", "ssh -p 2222 ops@aitbc1 'curl -s a; sleep 6; curl -s a'"),
        ("there", "journalctl -u x -n 50", "ssh -p 2222 ops@aitbc1 sudo -n journalctl -u x -n 50"),
        ("aitbc2", "journalctl -u x -n 50", "ssh aitbc2 journalctl -u x -n 50"),
    ],
)
def test_a_command_goes_to_its_host(host: str, command: str, typed: str) -> None:
    assert at_host(NETWORK, host, command) == typed
    assert by_hand(NETWORK, sign("disk-full", host, "full", command, host)).check == typed


def test_what_is_typed_here_stays_here() -> None:
    for check in ("ssh -p 2222 ops@aitbc1 true", "date -u", ""):
        assert by_hand(NETWORK, sign("clock-skew", "there", "off", check, "there")).check == check


def test_this_program_is_led_to_this_network() -> None:
    one = sign("job-stuck", "9c41e7d2", "silent", "aitbc-tui trace 9c41e7d2")
    assert by_hand(NETWORK, one).check == "aitbc-tui --env prod trace 9c41e7d2"
    usual = replace(NETWORK, environment=Environment(SafeText("prod"), Access.OBSERVE))
    assert by_hand(usual, one).check == "aitbc-tui trace 9c41e7d2"
