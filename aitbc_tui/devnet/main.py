"""`devnet` in the foreground: one line `ready PATH`, faults by lines on standard input, until a signal comes."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

from aitbc_tui.devnet.fault import listing, parse_fault
from aitbc_tui.devnet.lifeline import Lifeline
from aitbc_tui.devnet.options import GENERATIONS, SETS, DevnetOptions
from aitbc_tui.domain.errors import AitbcError

_READ = 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `devnet`; `demo` passes its own on."""
    parser.add_argument(
        "--dir", type=Path, metavar="DIR", help="private directory; else a fresh one, removed at the end"
    )
    parser.add_argument("--nodes", type=int, default=2, metavar="N", help="blockchain nodes: genesis and followers (2)")
    parser.add_argument("--gpu-hosts", type=int, default=1, metavar="N", help="GPU hosts with two cards each (1)")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="the same ids, receipt keys, hashes and prompts every time"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help="start with this broken; while it runs, a line +NAME or -NAME on standard input switches one",
    )
    parser.add_argument("--generation", choices=GENERATIONS, default=GENERATIONS[0], help=SETS)
    parser.add_argument("--ollama", default="stand-in", metavar="real", help="real: use the Ollama on port 11434")
    parser.add_argument("--list-faults", action="store_true", help="print what can be broken, and stop")
    parser.add_argument(
        "--die-with-parent", type=int, nargs="?", const=0, metavar="PID", help="end when the parent process ends"
    )


def options_from(args: argparse.Namespace) -> DevnetOptions:
    """What the arguments ask for; ConfigError when it cannot be had."""
    options = DevnetOptions(
        dir=args.dir,
        nodes=args.nodes,
        seed=args.seed,
        faults=tuple(args.fault),
        generation=args.generation,
        ollama=args.ollama,
        gpu_hosts=args.gpu_hosts,
    )
    options.check()
    for text in options.faults:
        parse_fault(text, options.generation)
    return options


def run(args: argparse.Namespace) -> int:
    """Returns the exit code; raises AitbcError for what the user can mend."""
    if args.list_faults:
        sys.stdout.write(listing())
        return 0
    return asyncio.run(_serve(options_from(args), args.die_with_parent))


async def _serve(options: DevnetOptions, parent: int | None) -> int:
    from aitbc_tui.devnet.network import Devnet

    stop: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(code: int) -> None:
        if not stop.done():
            stop.set_result(code)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, 0)
    lifeline = Lifeline(parent, lambda: end(0)) if parent is not None else None
    lines: asyncio.Queue[str] = asyncio.Queue()
    try:
        async with Devnet.start(options) as devnet:
            _follow_stdin(lines)
            sys.stdout.write(f"ready {devnet.config_path}\n")
            sys.stdout.flush()
            switching = asyncio.create_task(_switch(devnet, lines))
            try:
                await asyncio.wait((stop, devnet.failure), return_when=asyncio.FIRST_COMPLETED)
                if devnet.failure.done():
                    devnet.failure.result()
                return stop.result()
            finally:
                switching.cancel()
    finally:
        if lifeline is not None:
            lifeline.close()


def _follow_stdin(lines: asyncio.Queue[str]) -> None:
    """A thread, because standard input may be a file, a pipe, a terminal or closed; none of them may block us."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        rest = b""
        try:
            while data := os.read(0, _READ):
                *whole, rest = (rest + data).split(b"\n")
                for line in whole:
                    loop.call_soon_threadsafe(lines.put_nowait, line.decode("utf-8", "replace").strip())
        except (OSError, RuntimeError):
            return  # standard input is closed, or the loop has ended: nothing more can be switched

    threading.Thread(target=read, name="faults", daemon=True).start()


async def _switch(devnet: object, lines: asyncio.Queue[str]) -> None:
    from aitbc_tui.devnet.network import Devnet

    assert isinstance(devnet, Devnet)
    while True:
        line = await lines.get()
        if not line:
            continue
        try:
            if line[0] == "+":
                fault, value = parse_fault(line[1:], devnet.options.generation)
                await devnet.fault_on(fault.name, value)
            elif line[0] == "-":
                fault, _ = parse_fault(line[1:], devnet.options.generation)
                await devnet.fault_off(fault.name)
            else:
                sys.stderr.write(f"devnet: {line[:80]!r}: +FAULT[=VALUE] or -FAULT is understood\n")
        except AitbcError as error:
            sys.stderr.write(f"devnet: {error}\n")
        sys.stderr.flush()
