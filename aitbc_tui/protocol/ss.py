"""P2P peers by `ss`, for hosts whose socket table is too long to be read by the shell itself."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address

from aitbc_tui.domain.errors import ConfigError, ParseError
from aitbc_tui.domain.node import Peers
from aitbc_tui.domain.text import SafeText, clean

MAX_BYTES = 1024 * 1024
_STATES = frozenset(
    {
        "ESTAB",
        "LISTEN",
        "SYN-SENT",
        "SYN-RECV",
        "FIN-WAIT-1",
        "FIN-WAIT-2",
        "TIME-WAIT",
        "CLOSE-WAIT",
        "LAST-ACK",
        "CLOSING",
        "UNCONN",
    }
)


def ss_argv(ports: Collection[int]) -> tuple[str, ...]:
    """The command: every TCP socket of these ports, in any state, without names and headings."""
    if not ports or any(not 0 < port < 65536 for port in ports):
        raise ConfigError("a P2P port is a number from 1 to 65535")
    wanted = " or ".join(f"sport = :{port} or dport = :{port}" for port in sorted(set(ports)))
    return ("ss", "-Htan", f"( {wanted} )")


def parse_ss(output: bytes, port: int, also: Collection[int] = (), *, all_states: bool = True) -> Peers:
    """Distinct addresses at the other end of established connections.

    Asked with `state established` ss leaves the state column out: then every line counts, and whether the port
    listens is unknown (`all_states=False`).
    """
    if len(output) > MAX_BYTES:
        raise ParseError(f"ss printed more than {MAX_BYTES} bytes")
    remote_ports = {port, *also}
    found: dict[SafeText, None] = {}
    listening = False
    for line in output.decode("utf-8", "replace").splitlines():
        fields = line.split()
        if not fields:
            continue
        state = fields.pop(0) if fields[0] in _STATES else "ESTAB"
        if len(fields) < 4 or not (fields[0].isdigit() and fields[1].isdigit()):
            raise ParseError(f"ss: not a socket: {clean(line, 80)!r}")
        (_, local_port), (address, remote_port) = _end(fields[2]), _end(fields[3])
        if local_port is None or (state == "ESTAB" and remote_port is None):
            raise ParseError(f"ss: no port in {clean(line, 80)!r}")
        listening = listening or (state == "LISTEN" and local_port == port)
        if state == "ESTAB" and (local_port == port or remote_port in remote_ports):
            found[clean(str(_address(address)))] = None
    return Peers(tuple(sorted(found)), listening if all_states else None)


def _end(text: str) -> tuple[str, int | None]:
    address, _, port = text.rpartition(":")
    return address, int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else None


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        raise ParseError(f"ss: not an address: {clean(text, 60)!r}") from None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
