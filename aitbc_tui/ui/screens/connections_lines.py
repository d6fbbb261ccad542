"""The lines of the connections screen (screens 2.15): links, the selected one, credentials, this terminal. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aitbc_tui.domain.snapshot import CredentialRow, LinkRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.connections_servers import COORDINATOR, answers, behind, budget, server_rows
from aitbc_tui.ui.screens.layout import clock, cut, pad, pairs, right, section, text_lines

LOCAL = "local"
_STEPS = ("name found", "TCP open", "host key as pinned", "user key accepted", "ready")
_OPENS = {
    "admin": "job list (last 100), miner list",
    "client": "own jobs, results, receipts, payments; submit, cancel",
    "miner": "nothing that this program needs",
}


@dataclass(frozen=True, slots=True)
class Terminal:
    """What this terminal is and costs."""

    painted: float = 0.0
    colours: str = "24 bit"
    glyphs: str = "unicode"


# The column of the key says unknown or changed beside it.
_KEY_WORDS = {"key unknown": "unpinned", "key changed": "CHANGED", "key revoked": "REVOKED"}


def _state(link: LinkRow) -> str:
    word = str(link.verdict.word)
    return f"{glyph(link.verdict.level)} {_KEY_WORDS.get(word, word)}"


def _key(link: LinkRow) -> tuple[str, Role]:
    """What is known of the host's key."""
    if link.way == LOCAL:
        return fmt.NONE, Role.MUTED
    if link.host_key_problem:
        return "■ REFUSED" if "changed" in link.detail or "revoked" in link.detail else "▲ unknown", Role.WARN
    if link.step > 3 or link.connected_since is not None or link.bytes_in:
        return "● pinned", Role.OK
    return "? not seen", Role.UNKNOWN


def _up(snapshot: Snapshot, link: LinkRow) -> str:
    if link.connected_since is None:
        return fmt.NONE
    seconds = max(0.0, snapshot.now - link.connected_since)
    return fmt.uptime(seconds) if seconds >= 60 else fmt.age(seconds)


def _way(snapshot: Snapshot, link: LinkRow) -> str:
    """How it is reached, and which node answers behind it."""
    rpc = [str(server.way) for server in behind(snapshot, str(link.host)) if server.name != COORDINATOR]
    return ", ".join((str(link.way), *dict.fromkeys(rpc)))


def _row(snapshot: Snapshot, link: LinkRow, width: int, selected: bool) -> Line:
    level = link.verdict.level
    stale = level is Level.STALE
    quiet = Role.STALE if stale else Role.TEXT
    rtt = fmt.NONE if link.rtt_ms is None else f"{link.rtt_ms:,.0f}"
    mark = "~" if stale else ""
    way = 31 if width >= 120 else 20
    key, key_role = _key(link)
    runs = [
        Run("▌" if selected else " ", Role.ACCENT),
        Run(pad(_state(link), 12) + " ", level_role(level)),
        Run(pad(link.host, 11) + " " + pad(_way(snapshot, link), way - 1) + " ", quiet),
        Run(pad(key, 10), quiet if key_role is Role.OK else key_role),
        Run(right(rtt, 8), quiet),
    ]
    if width >= 120:
        kilobytes = f"{mark}{fmt.number(link.bytes_in / 1000, 8)}"
        last = fmt.NONE if link.heard_at is None else f"{mark}{fmt.age(snapshot.now - link.heard_at, 5.0)}"
        runs.append(Run(right(_up(snapshot, link), 9) + right(str(link.reconnects), 6), quiet))
        nodes = [server for server in behind(snapshot, str(link.host)) if server.name != COORDINATOR]
        runs.append(Run(right(budget(nodes), 13), quiet))
        runs.append(Run(right(kilobytes, 9) + right(last, 8), quiet))
    else:
        runs.append(Run(right(str(link.reconnects), 6), quiet))
    return Line(tuple(runs), selected=selected)


def _header(width: int) -> Line:
    if width >= 120:
        text = f" {'state':<13}{'name':<12}{'way':<31}{'key':<12}RTT ms       up  lost   budget/min    in kB    last"
    else:
        text = f" {'state':<13}{'name':<12}{'way':<20}{'key':<12}RTT ms  lost"
    return Line((Run(text, Role.MUTED),))


def _wall(snapshot: Snapshot, monotonic: float) -> str:
    return clock(snapshot.utc - timedelta(seconds=max(0.0, snapshot.now - monotonic)))


def _detail(snapshot: Snapshot, link: LinkRow, width: int) -> list[Line]:
    """What was tried, what it got to, and what to do."""
    level = link.verdict.level
    since = _wall(snapshot, link.since)
    lost = f"{link.reconnects} reconnects so far" if link.reconnects != 1 else "1 reconnect so far"
    word = str(link.verdict.word)
    if level is not Level.GOOD:
        word = f"not heard for {fmt.age(snapshot.now - link.since, bound=0)}"
    lines = [section(str(link.host), width, mark=(level, word), text=lost)]
    rows: list[tuple[str, str]] = []
    if link.connected_since is not None:
        rows.append(("since", f"{since}, over {link.way}"))
    else:
        rows += [("lost" if link.bytes_in else "trying", f"{since} {link.detail}"), ("got to", _got_to(link))]
    if link.next_try_at is not None:
        wait = fmt.left(max(1.0, link.next_try_at - snapshot.now))
        rows.append(("next try", f"in {wait}, at most every 60 s; r tries now"))
    if link.fingerprint:
        rows.append(("host key", str(link.fingerprint)))
    if level is Level.STALE:
        rows.append(("kept", "its last figures stay on screen with ~ and their age; they take part in no verdict"))
    if link.remedy:
        rows.append(("do", str(link.remedy)))
    rows.append(("sent", f"{fmt.number(link.bytes_out / 1000, 8).strip()} kB"))
    rows += [row for server in behind(snapshot, str(link.host)) for row in answers(server)]
    return [*lines, *(line for label, text in rows for line in pairs(label, text, width, at=15))]


def _got_to(link: LinkRow) -> str:
    """How far the newest attempt came: `2 of 5: name found, TCP open; then: host key as pinned`."""
    done = max(0, min(link.step, 5))
    reached = ", ".join(_STEPS[:done]) or "nothing yet"
    waits = f"; waits for: {_STEPS[done]}" if done < 5 else ""
    return f"{done} of 5: {reached}{waits}"


def _credential(row: CredentialRow, width: int) -> Line:
    level = row.verdict.level
    said = str(row.verdict.text).removeprefix(f"{row.origin}: ")  # which stands in the column before
    opens = said.rpartition("_file: ")[2] or _OPENS.get(row.role, "")
    state = Run(pad(f"{glyph(level)} {row.verdict.word}", 12) + " ", level_role(level))
    return Line(
        (Run(" "), state, Run(pad(row.role, 10) + pad(row.origin or fmt.NONE, 24) + " "), Run(cut(opens, width - 50)))
    ).fit(width)


def _credentials(snapshot: Snapshot, width: int) -> list[Line]:
    rows = snapshot.credentials
    good = sum(1 for row in rows if row.verdict.level is Level.GOOD)
    mark = (Level.GOOD if good else Level.UNKNOWN, f"{good} of {len(rows)}")
    text = "what each of them opens"
    lines = [section("Credentials", width, mark=mark, text=text)]
    lines.append(Line((Run(" state        role      from                     opens", Role.MUTED),)))
    lines += [_credential(row, width) for row in rows]
    if not rows:
        lines += text_lines("– none is configured: set client_file or admin_file under [env.NAME.coordinator]", width)
    return lines


def build_connections(snapshot: Snapshot, selected: int, terminal: Terminal, width: int) -> list[Line]:
    """Every line, the title first."""
    links = snapshot.links
    up = sum(1 for link in links if link.verdict.level is Level.GOOD)
    mark = (Level.GOOD, "all up") if up == len(links) else (Level.WARN, f"{len(links) - up} lost")
    if not links:
        mark = (Level.NONE, "none")
    rate = f"{snapshot.totals.requests_per_s:.1f} requests a second"
    rate += " for this screen and all panes" if width >= 120 else ""
    text = f"{up} of {len(links)} up, {rate}"
    lines = [section("Connections", width, mark=mark, text=text, age="<5 s", heavy=True), _header(width)]
    lines += [_row(snapshot, link, width, index == selected) for index, link in enumerate(links)]
    lines += server_rows(snapshot, width)
    if not links:
        lines += text_lines("– no host is configured", width)
    if 0 <= selected < len(links):
        lines += [Line(), *_detail(snapshot, links[selected], width)]
    lines += [Line(), *_credentials(snapshot, width), Line(), section("This terminal", width)]
    painted = f"painted {fmt.rate(terminal.painted)} · colours {terminal.colours} · glyphs {terminal.glyphs}"
    return [*lines, Line((Run(f" {painted}"),))]
