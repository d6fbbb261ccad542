"""The servers behind the connections: budgets, and what each endpoint proved to be. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aitbc_tui.domain.servers import EndpointRow, ServerRow
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.layout import cut, pad, right

COORDINATOR = "coordinator"
MOST = 8  # endpoints that do not answer; the selected connection lists all of its own
_WORDS = {"needs-credential": "needs key"}


def behind(snapshot: Snapshot, host: str) -> list[ServerRow]:
    """The servers asked through this connection."""
    return [server for server in snapshot.capabilities if server.host == host]


def budget(servers: Sequence[ServerRow]) -> str:
    """Of the server with the least left: asked in the last minute, of what it allows to everybody."""
    pauses = [server.pauses_s for server in servers if server.pauses_s is not None]
    if pauses:  # also where it was never told how many it allows
        return f"waits {fmt.left(max(1.0, *pauses))}"
    limited = [server for server in servers if server.limit]
    if limited:
        tightest = max(limited, key=lambda server: server.asked / (server.ours or server.limit or 1))
        return f"{tightest.asked} of {tightest.limit}"
    if not servers:
        return fmt.NONE
    return "no limit" if any(server.endpoints for server in servers) else fmt.UNKNOWN


def server_rows(snapshot: Snapshot, width: int) -> list[Line]:
    """The coordinator beside the hosts, then every endpoint that does not simply answer, each with its reason."""
    lines = [_server(server, width) for server in snapshot.capabilities if server.name == COORDINATOR]
    odd = [(s, row) for s in snapshot.capabilities for row in s.endpoints if row.verdict.level is not Level.GOOD]
    lines += [_endpoint(server, row, width) for server, row in odd[:MOST]]
    if len(odd) > MOST:
        lines.append(Line((Run(f" and {len(odd) - MOST} more that do not answer", Role.MUTED),)))
    return lines


def _server(server: ServerRow, width: int) -> Line:
    level, word = (Level.WARN, "wrong") if server.wrong else (Level.GOOD, "answers")
    if not server.endpoints:
        level, word = Level.COMING, "not asked"
    wide = width >= 120
    way = f"{server.way} through {server.host}" if server.way else str(server.host)
    runs = [Run(" "), Run(pad(f"{glyph(level)} {word}", 12) + " ", level_role(level))]
    runs.append(Run(pad(str(server.name), 11) + " " + pad(way, 30 if wide else 19) + " "))
    runs.append(Run(pad(_kind(server), 11) if wide else cut(_kind(server), width - 47)))
    if wide:
        runs.append(Run(right(budget([server]), 35)))
    return Line(tuple(runs)).fit(width)


def _kind(server: ServerRow) -> str:
    return str(server.generation)


def _endpoint(server: ServerRow, row: EndpointRow, width: int) -> Line:
    level = row.verdict.level
    said = f"{row.endpoint}: {row.verdict.text}" if row.verdict.text else str(row.endpoint)
    state = Run(pad(f"{glyph(level)} {_word(row)}", 12) + " ", level_role(level))
    return Line((Run(" "), state, Run(pad(str(server.name), 11) + " " + cut(said, width - 28), Role.MUTED)))


def _word(row: EndpointRow) -> str:
    return _WORDS.get(str(row.verdict.word), str(row.verdict.word))


def answers(server: ServerRow) -> list[tuple[str, str]]:
    """The selected connection's servers: what it is, its budget, its endpoints by what they proved to be."""
    wants = f", wants {server.wants}" if server.wants else ""
    lines = [(str(server.name), f"{server.way}, generation {server.generation}{wants}")]
    if server.wrong:
        lines.append(("wrong", str(server.wrong)))
    pause = "" if server.pauses_s is None else f"; it asked for a pause, {fmt.left(max(1.0, server.pauses_s))} left"
    if server.pauses_s is not None and not server.limit:
        lines.append(("budget", f"{server.bucket}: {server.asked} in the last minute, of how many is not told{pause}"))
    if server.limit and server.ours:
        text = f"{server.bucket}: {server.asked} of our {server.ours} a minute; it allows {server.limit} to all{pause}"
        lines.append(("budget", text))
    by_word: dict[str, list[str]] = {}
    for row in server.endpoints:
        with_key = f" ({row.credential})" if row.credential else ""
        by_word.setdefault(_word(row), []).append(f"{row.endpoint}{with_key}")
    lines += [("has" if word == "yes" else word, " · ".join(rows)) for word, rows in by_word.items()]
    return lines
