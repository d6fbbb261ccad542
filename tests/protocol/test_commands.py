"""What systemctl, git, ss and nvidia-smi print beyond the recorded sessions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.protocol import git, nvidia, ss, systemd

CARD = "0, GPU-1f2e, NVIDIA GeForce RTX 4090, 97, 14234, 24564, 71, 412.35, 450.00, 550.54.15"


def test_one_command_for_all_units() -> None:
    argv = systemd.show_argv(["a.service", "b@1.service"])
    assert argv[:4] == ("systemctl", "show", "a.service", "b@1.service")
    assert argv[4] == "-p" and argv[5].startswith("Id,LoadState,")


@pytest.mark.parametrize("unit", ["", "-H", "a b", "a;reboot", "a/b", "x" * 256, "--all"])
def test_a_unit_name_is_no_option(unit: str) -> None:
    with pytest.raises(ConfigError):
        systemd.show_argv([unit])


def test_number_of_units() -> None:
    assert systemd.show_argv(["a"] * 200)
    for units in ([], ["a"] * 201):
        with pytest.raises(ConfigError):
            systemd.show_argv(units)


def test_values_that_are_not_set() -> None:
    (unit,) = systemd.parse_show(b"MemoryCurrent=18446744073709551615\nNRestarts=\nId=a.service\nMainPID=0\n", None)
    assert (unit.memory_bytes, unit.restarts, unit.main_pid, unit.uptime_s) == (None, None, None, None)


def test_uptime_only_while_active() -> None:
    text = b"Id=a\nActiveState=%s\nActiveEnterTimestampMonotonic=%d\n"
    assert systemd.parse_show(text % (b"active", 5_000_000), 15.0)[0].uptime_s == 10.0
    assert systemd.parse_show(text % (b"active", 5_000_000), None)[0].uptime_s is None
    assert systemd.parse_show(text % (b"active", 0), 15.0)[0].uptime_s is None
    assert systemd.parse_show(text % (b"activating", 5_000_000), 15.0)[0].uptime_s is None
    assert systemd.parse_show(text % (b"active", 20_000_000), 15.0)[0].uptime_s == 0.0


@pytest.mark.parametrize("text", [b"", b"System has not been booted with systemd as init system\n", b"Id=a\n\nfoo=1\n"])
def test_no_units(text: bytes) -> None:
    with pytest.raises(ParseError):
        systemd.parse_show(text, 1.0)


def test_git_looks_without_writing() -> None:
    assert git.status_script("/opt/a b", named=True).startswith("git --no-optional-locks -C '/opt/a b' status")
    assert git.status_argv("/opt/aitbc")[:4] == ("git", "--no-optional-locks", "-C", "/opt/aitbc")
    for repo in ("", "opt", "--exec=x", "/a\0b"):
        with pytest.raises(ConfigError):
            git.status_argv(repo)


def test_git_counts_every_kind_of_change() -> None:
    text = "# branch.oid " + "a" * 40 + "\n# branch.head x\n1 .M a\n2 R. b\nu UU c\n? d\n! ignored\n# stash 1\n"
    state = git.parse_status(text.encode())
    assert (state.changed, state.ahead, state.behind) == (4, None, None)
    assert git.parse_status(b"# branch.oid (initial)\n# branch.head main\n").oid == "(initial)"


def test_ss_addresses() -> None:
    output = b"""LISTEN 0 100 [::]:7070 [::]:*
ESTAB 0 0 [::ffff:10.1.223.93]:7070 [::ffff:10.1.223.40]:40000
ESTAB 0 0 10.1.223.93:40001 10.1.223.40:7070
ESTAB 0 0 [fe80::1%eth0]:7070 [fe80::2%eth0]:5 users:(("python",pid=1,fd=8))
TIME-WAIT 0 0 10.1.223.93:7070 10.1.223.41:40000
"""
    peers = ss.parse_ss(output, 7070)
    assert (peers.addresses, peers.listening) == (("10.1.223.40", "fe80::2"), True)
    assert ss.parse_ss(b"", 7070).listening is False
    assert ss.parse_ss(b"0 0 10.0.0.1:7070 10.0.0.2:5\n", 7070, all_states=False).listening is None


@pytest.mark.parametrize(
    "output", [b"Error: an inet prefix is expected\n", b"ESTAB 0 0 x y\n", b"0 0 1.2.3.4:7070 host:1\n"]
)
def test_ss_refuses_what_is_no_socket(output: bytes) -> None:
    with pytest.raises(ParseError):
        ss.parse_ss(output, 7070)


def test_ss_command() -> None:
    assert ss.ss_argv([7070]) == ("ss", "-Htan", "( sport = :7070 or dport = :7070 )")
    for ports in ([], [0], [70000]):
        with pytest.raises(ConfigError):
            ss.ss_argv(ports)


def test_nvidia_command() -> None:
    assert nvidia.query_argv()[0] == "nvidia-smi"
    assert nvidia.query_argv(2)[-1] == "--loop=2"
    with pytest.raises(ConfigError):
        nvidia.query_argv(0)


def test_a_card() -> None:
    (card,) = nvidia.parse_gpus(CARD.encode() + b"\n\n")
    assert (card.index, card.uuid, card.name) == (0, "GPU-1f2e", "NVIDIA GeForce RTX 4090")
    assert (card.utilisation, card.temperature, card.power, card.power_limit) == (97.0, 71.0, 412.35, 450.0)
    assert (card.memory_used, card.memory_total) == (14234 * 1024**2, 24564 * 1024**2)
    assert (card.driver, card.lost) == ("550.54.15", False)


@pytest.mark.parametrize("missing", ["[N/A]", "[Not Supported]", "[Unknown Error]", "N/A", ""])
def test_what_a_card_does_not_say_is_unknown(missing: str) -> None:
    card = nvidia.parse_gpu_line(
        f"1, GPU-2, Tesla, {missing}, {missing}, 100, {missing}, {missing}, {missing}, {missing}".encode()
    )
    assert card is not None and not card.lost
    assert (card.utilisation, card.memory_used, card.temperature, card.power, card.power_limit) == (None,) * 5
    assert card.memory_total == 100 * 1024**2


def test_a_name_with_a_comma_may_be_quoted() -> None:
    card = nvidia.parse_gpu_line(CARD.replace("NVIDIA GeForce RTX 4090", '"Card, big"').encode())
    assert card is not None and card.name == "Card, big"


@pytest.mark.parametrize(
    ("line", "index", "bus"),
    [
        (
            "Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.  Reboot the system",
            -1,
            "0000:01:00.0",
        ),
        ("Unable to determine the device handle for GPU1: 0000:01:00.0: Unknown Error", 1, "0000:01:00.0"),
        ("Unable to determine the device handle for gpu 0000:41:00.0: Unknown Error", -1, "0000:41:00.0"),
        ("GPU is lost", -1, ""),
    ],
)
def test_a_lost_card_is_a_reading(line: str, index: int, bus: str) -> None:
    card = nvidia.parse_gpu_line(line.encode())
    assert card is not None
    assert (card.lost, card.index, card.uuid, card.utilisation) == (True, index, bus, None)


def test_a_lost_card_in_its_own_row() -> None:
    fields = ", ".join(["2", "GPU-3", "Tesla"] + ["[GPU is lost]"] * 7)
    card = nvidia.parse_gpu_line(fields.encode())
    assert card is not None and card.lost and card.index == 2


@pytest.mark.parametrize(
    "line",
    [
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
        "No devices were found",
        "a, b, c",
        CARD.replace("0, ", "x, ", 1),
        "x" * 4097,
    ],
)
def test_what_is_no_card(line: str) -> None:
    with pytest.raises(ParseError):
        nvidia.parse_gpu_line(line.encode())


def test_number_of_cards() -> None:
    assert len(nvidia.parse_gpus((CARD + "\n").encode() * 128)) == 128
    with pytest.raises(ParseError, match="more than 128"):
        nvidia.parse_gpus((CARD + "\n").encode() * 129)


TOOLS: list[Callable[[bytes], object]] = [
    lambda output: systemd.parse_show(output, 5.0),
    git.parse_status,
    lambda output: ss.parse_ss(output, 7070),
    nvidia.parse_gpus,
]
WORDS = st.sampled_from(
    ["Id=a", "ActiveState=active", "", "# branch.oid " + "a" * 40, "# branch.ab +1 -2", "1 .M x", CARD]
    + ["ESTAB", "0 0 1.2.3.4:7070", "0 0 1.2.3.4:7070 5.6.7.8:1", "[N/A]", "GPU is lost", "9" * 30]
)


@pytest.mark.parametrize("parse", TOOLS)
@pytest.mark.parametrize("limit", [256 * 1024, 1024 * 1024])
def test_size(parse: Callable[[bytes], object], limit: int) -> None:
    with pytest.raises(ParseError):
        parse(b"x" * (limit + 1))


@pytest.mark.parametrize("parse", TOOLS)
@given(output=st.binary() | st.lists(WORDS | st.text()).map(lambda x: "\n".join(x).encode("utf-8", "replace")))
@settings(max_examples=80, deadline=None)
def test_arbitrary_output(parse: Callable[[bytes], object], output: bytes) -> None:
    try:
        parse(output)
    except ParseError as error:
        assert "\n" not in error.detail
