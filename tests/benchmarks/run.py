"""The figures of the README, measured anew: `python -m tests.benchmarks.run` prints them as a table.

Everything runs on this machine in one sitting, so only the ratios mean anything elsewhere. htop and btop are taken
where they are installed; glances and harlequin from PyPI, in a virtual environment that is made for it and thrown away
(or from the one that `--peers` names; `--no-pypi` leaves them out). `--quick` is for CI: it fails when a figure that
does not depend on the machine's speed is not what it has to be.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks import rows
from tests.benchmarks.network import network
from tests.benchmarks.peers import Peer, from_pypi, homes, of_the_distribution
from tests.benchmarks.rows import FULL, QUICK, Effort, Row


def measure(effort: Effort, peers: Sequence[Peer]) -> Iterator[Row]:
    yield from rows.sure_rows()
    with tempfile.TemporaryDirectory() as folder, network() as net:
        env = homes(Path(folder))
        dashboard = (*rows.OURS, "--config", str(net.config))
        ours = rows.look(dashboard, env, effort)
        beside = {peer.name: rows.look_at(peer, env, effort) for peer in peers}
        yield from rows.dashboard_rows(ours, beside)
        yield rows.start_row(dashboard, peers, env, effort)
        yield rows.answer_row(dashboard, env, effort)
        yield rows.slow_row(dashboard, env, effort)
        yield rows.ending_row(dashboard, env)
        yield from rows.status_rows(net.config, net.ssh, env, effort)
        if effort.whole:
            yield from rows.operation_rows(net.config, env)
    if effort.whole:
        yield from rows.simulated_rows()
        yield from rows.process_rows()


def table(found: Sequence[Row]) -> str:
    names = list(dict.fromkeys(name for row in found for name in row.beside))
    lines = [_line("figure", "reach", "aitbc-tui", "", *names), _line(*["---"] * (4 + len(names)))]
    for row in found:
        verdict = "" if row.met is None else "met" if row.met else "MISSED"
        lines.append(_line(row.what, row.reach, row.ours, verdict, *(row.beside.get(name, "") for name in names)))
    return "\n".join(lines)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def regressions(found: Sequence[Row]) -> list[Row]:
    """What only a change of ours can have made worse."""
    return [row for row in found if row.sure and row.met is False]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute, without peers and without what takes minutes")
    parser.add_argument("--peers", metavar="DIR", help="a virtual environment that has glances and harlequin")
    parser.add_argument("--no-pypi", action="store_true", help="leave glances and harlequin out")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    local = [peer for peer in of_the_distribution() if not args.quick or peer.name == "bare Textual"]
    found = []
    with nullcontext([]) if args.quick or args.no_pypi else from_pypi(args.peers) as others:
        for row in measure(QUICK if args.quick else FULL, [*local, *others]):
            found.append(row)
            print(f"{row.what}: {row.ours}{'' if row.met is not False else '  MISSED'}", file=sys.stderr)
    if args.json:
        print(json.dumps([asdict(row) for row in found]))
    else:
        print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores\n")
        print(table(found))
    for row in regressions(found):
        print(f"REGRESSION: {row.what}: {row.ours}, and it has to be {row.reach}", file=sys.stderr)
    return 1 if regressions(found) else 0


if __name__ == "__main__":
    sys.exit(main())
