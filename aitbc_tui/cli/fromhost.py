"""`config init --from-host`: looks at hosts over SSH, reads only, and writes the configuration it finds there."""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.config.fromhost import SCRIPT, UNITS, FoundHost, parse, render
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.transport.host import Host

CONNECT_S = 12.0
SCRIPT_S = 10.0
MAX_BYTES = 256 * 1024
_HOST = re.compile(r"(?:(?P<name>[\w-]{1,20})=)?(?:(?P<user>[\w.-]+)@)?(?P<address>[\w.-]+)(?::(?P<port>\d{1,5}))?")


def add(init: argparse.ArgumentParser) -> None:
    init.add_argument(
        "--from-host",
        metavar="[NAME=][USER@]ADDRESS[:PORT]",
        action="append",
        default=[],
        help="write what is found there over SSH (reads only); once for each host",
    )
    init.add_argument("--identity", metavar="FILE", help="with --from-host: the key to log in with")
    init.add_argument("--known-hosts", metavar="FILE", help="with --from-host: where their host keys are pinned")


def written(ctx: Context, args: argparse.Namespace) -> str:
    """The text of the file."""
    hosts = [_host(text, args) for text in args.from_host]
    names = [host.name for host in hosts]
    if len(set(names)) != len(names):
        raise ConfigError("two hosts of one name", remedy="--from-host NAME=ADDRESS tells them apart")
    found = ctx.run(lambda: _look(hosts))
    for host in found:
        units = ", ".join(host.units) or "none of AITBC's"
        ctx.err.write(f"{host.name}: units {units}; {'a GPU' if host.gpu else 'no GPU'}\n")
    if not any(host.is_node or "aitbc-coordinator-api" in host.units for host in found):
        raise ConfigError(
            "neither a node nor a coordinator was found on these hosts",
            remedy="aitbc-tui config init writes a file to fill in by hand",
        )
    return render(ctx.common.env or "prod", found)


def _host(text: str, args: argparse.Namespace) -> FoundHost:
    match = _HOST.fullmatch(text)
    if match is None:
        raise ConfigError(f'--from-host "{clean(text, 80)}"', remedy="[NAME=][USER@]ADDRESS[:PORT]")
    address = match["address"]
    name = match["name"] or re.sub(r"[^\w-]", "-", address.partition(".")[0] if not address[0].isdigit() else address)
    port = int(match["port"]) if match["port"] else None
    return FoundHost(name[:20], address, port, match["user"], args.identity, args.known_hosts)


async def _look(hosts: Sequence[FoundHost]) -> list[FoundHost]:
    return list(await asyncio.gather(*(_one(host) for host in hosts)))


async def _one(base: FoundHost) -> FoundHost:
    from aitbc_tui.transport.host import open_host
    from aitbc_tui.transport.spec import HostSpec

    spec = HostSpec(base.name, base.address, base.port, base.user, base.identity, base.known_hosts)
    host = open_host(spec)
    try:
        host.start()
        await host.ensure(CONNECT_S)
        answer = await host.shell(SCRIPT, timeout_s=SCRIPT_S, max_bytes=MAX_BYTES)
        return parse(base, answer.stdout.decode("utf-8", "replace"), await _units(host))
    finally:
        await host.close()


async def _units(host: Host) -> list[str]:
    """The units of AITBC that this host has."""
    from aitbc_tui.protocol import systemd

    answer = await host.run(systemd.show_argv(UNITS), timeout_s=SCRIPT_S, max_bytes=MAX_BYTES)
    if answer.exit_status != 0:
        return []
    units = systemd.parse_show(answer.stdout, None)
    return [str(unit.name).removesuffix(".service") for unit in units if unit.found]
