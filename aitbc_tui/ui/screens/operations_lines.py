"""The lines of the operations screen: what can be done, to whom, and what it needs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from aitbc_tui.domain.journal import LogTarget
from aitbc_tui.domain.operation import Verb, Wish
from aitbc_tui.domain.snapshot import Access, NodeRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line, Role, Run, glyph
from aitbc_tui.ui.screens.layout import cut, pad, section, text_lines
from aitbc_tui.ui.screens.typing_field import field_run

ALL = "all"
LONGEST_S = 120


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of the list. `writes` says what changes; empty: nothing."""

    verb: Verb
    sub: str
    about: str
    writes: str = ""

    @property
    def name(self) -> str:
        return f"{self.verb.value} {self.sub}".rstrip()


OFFERS: tuple[Offer, ...] = (
    Offer(Verb.STATUS, "", "heights, mempools, peers, uptime of each node, anew"),
    Offer(Verb.HEALTH, "", "checks units, resources, git, P2P, chain, GPU, Ollama"),
    Offer(Verb.SYNC, "blockchain", "the missing blocks, one by one, from the producer", "blocks of the target"),
    Offer(Verb.SYNC, "mempool", "pending transactions from the producer to a follower", "the target's mempool"),
    Offer(Verb.SYNC, "configuration", "shows what differs; copies agreed keys by name", "its environment files"),
    Offer(Verb.SYNC, "git", "fetch, then fast-forward only", "the target's checkout"),
    Offer(Verb.SYNC, "all", "the four above, in this order", "all of that"),
    Offer(Verb.MESSAGE, "", "to a node, as far as this version has such a thing", "a message"),
    Offer(Verb.COORDINATE, "start", "starts a unit, one node after the other", "the state of a unit"),
    Offer(Verb.COORDINATE, "stop", "stops a unit, one node after the other", "the state of a unit"),
    Offer(Verb.COORDINATE, "restart", "restarts a unit; the next when heads advance again", "the state of a unit"),
    Offer(Verb.SERVICE, "start", "starts a unit of a host: also miners, the coordinator", "the state of a unit"),
    Offer(Verb.SERVICE, "stop", "stops it; a miner when its running job has ended", "the state of a unit"),
    Offer(Verb.SERVICE, "restart", "restarts it; a miner when its running job has ended", "the state of a unit"),
    Offer(Verb.NETWORK, "", "the way to every host, latency, losses, P2P both ways"),
)


class Part(Enum):
    """Where the focus is."""

    OFFER = "offer"
    TARGET = "target"
    UNIT = "unit"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen so far; `target` and `unit` by name, so that lists may change."""

    offer: int = 0
    target: str = ""
    unit: str = ""
    text: str = field(default="", repr=False)
    part: Part = Part.OFFER
    services: tuple[LogTarget, ...] = ()  # every configured unit and its host


def targets_of(snapshot: Snapshot, choice: Choice) -> list[str]:
    """Nodes; for a service the hosts that have one."""
    if OFFERS[choice.offer].verb is Verb.SERVICE:
        return list(dict.fromkeys(one.host for one in choice.services))
    if OFFERS[choice.offer].verb is Verb.NETWORK:
        return [ALL]
    names = [str(row.name) for row in snapshot.nodes]
    return [*names, ALL] if len(names) > 1 else names


def units_of(snapshot: Snapshot, choice: Choice, target: str) -> list[str]:
    """The configured units of the target, each once."""
    if OFFERS[choice.offer].verb is Verb.SERVICE:
        return list(dict.fromkeys(one.unit.removesuffix(".service") for one in choice.services if one.host == target))
    rows = [row for row in snapshot.nodes if target in (str(row.name), ALL)]
    return list(dict.fromkeys(str(u.name).removesuffix(".service") for row in rows for u in row.units.value or ()))


def parts_of(choice: Choice) -> tuple[Part, ...]:
    """Which parts this operation has."""
    verb = OFFERS[choice.offer].verb
    if verb in (Verb.COORDINATE, Verb.SERVICE):
        return (Part.OFFER, Part.TARGET, Part.UNIT)
    return (Part.OFFER, Part.TARGET, Part.TEXT) if _typed(OFFERS[choice.offer]) else (Part.OFFER, Part.TARGET)


def _typed(offer: Offer) -> str:
    """What is typed for it: a message, or the keys to copy; empty: nothing."""
    if offer.verb is Verb.MESSAGE:
        return "message"
    return "keys to copy, by name; none: only compare" if offer.sub == "configuration" else ""


def default_target(snapshot: Snapshot, choice: Choice) -> str:
    """The node that was meant; else the first one that is not the source, for that one gives."""
    names = targets_of(snapshot, choice)
    if choice.target in names:
        return choice.target
    followers = [name for name in names if name not in (snapshot.chain.source, ALL)]
    return (followers or names or [""])[0]


def complete(snapshot: Snapshot, choice: Choice) -> Choice:
    """With a target and a unit that exist."""
    target = default_target(snapshot, choice)
    units = units_of(snapshot, choice, target)
    unit = choice.unit if choice.unit in units else (units or [""])[0]
    part = choice.part if choice.part in parts_of(choice) else Part.OFFER
    return Choice(choice.offer, target, unit, choice.text, part, choice.services)


def wish_of(snapshot: Snapshot, choice: Choice) -> Wish:
    choice = complete(snapshot, choice)
    offer = OFFERS[choice.offer]
    coordinate = offer.verb in (Verb.COORDINATE, Verb.SERVICE)
    waits = offer.verb is Verb.SERVICE and offer.sub != "start"  # for a job to end
    return Wish(
        verb=offer.verb,
        target=choice.target,
        sync_type=offer.sub if offer.verb is Verb.SYNC else "",
        action=offer.sub if coordinate else "",
        unit=choice.unit if coordinate else "",
        message=choice.text if offer.verb is Verb.MESSAGE else "",
        keys=tuple(choice.text.replace(",", " ").split()) if offer.sub == "configuration" else (),
        timeout_s=LONGEST_S if waits else 60,
    )


def trouble_of(snapshot: Snapshot, choice: Choice) -> str:
    """Why this cannot be planned yet; empty: it can."""
    choice = complete(snapshot, choice)
    verb = OFFERS[choice.offer].verb
    if not choice.target:
        return "no node is configured" if verb is not Verb.SERVICE else "no unit is configured on any host"
    if verb is Verb.MESSAGE and not choice.text.strip():
        return "a message is needed: Tab to it and type"
    if verb in (Verb.COORDINATE, Verb.SERVICE) and not choice.unit:
        return f"no unit of {choice.target} is known: units = [...] of the node"
    return ""


def _entry(text: str, about: str, chosen: bool, focused: bool, width: int) -> Line:
    mark = Run(" ► " if chosen else "   ", Role.ACCENT)
    role = Role.STRONG if chosen else Role.TEXT
    runs = (mark, Run(pad(text, 22), role), Run(cut(about, max(0, width - 26)), Role.MUTED))
    return Line(runs, selected=chosen and focused)


def _node_words(snapshot: Snapshot, name: str, network: bool = False) -> str:
    row: NodeRow | None = next((row for row in snapshot.nodes if row.name == name), None)
    if row is None and network:
        return f"{len(snapshot.links)} hosts, and what is behind them"
    if row is None:
        return f"{len(snapshot.nodes)} nodes, one after the other"
    source = ", the others are compared with it" if name == snapshot.chain.source else ""
    return f"{glyph(row.verdict.level)} {row.verdict.word}, {row.role} on {row.host}{source}"


def _host_words(choice: Choice, host: str) -> str:
    """What the units there belong to."""
    return ", ".join(dict.fromkeys(one.about for one in choice.services if one.host == host))


def build_operations(snapshot: Snapshot, choice: Choice, width: int, height: int = 0) -> list[Line]:
    """Every line, the title first. Where they do not fit, what is chosen already folds up: the focus is always seen."""
    lines = _build(snapshot, choice, width, folded=False)
    fits = not height or len(lines) <= height or complete(snapshot, choice).part is Part.OFFER
    return lines if fits else _build(snapshot, choice, width, folded=True)


def _build(snapshot: Snapshot, choice: Choice, width: int, *, folded: bool) -> list[Line]:
    choice = complete(snapshot, choice)
    offer, access = OFFERS[choice.offer], snapshot.environment.access
    title = section("Operations", width, mark=(Level.WAITS, "choose"), text="nothing is done from here", heavy=True)
    lines = [title, _heading("what", choice.part is Part.OFFER, width)]
    for index, one in enumerate(OFFERS):
        if folded and index != choice.offer:
            continue
        lines.append(_entry(one.name, one.about, index == choice.offer, choice.part is Part.OFFER, width))
    lines += [_heading("to whom", choice.part is Part.TARGET, width)]
    for name in targets_of(snapshot, choice):
        about = (
            _host_words(choice, name)
            if offer.verb is Verb.SERVICE
            else _node_words(snapshot, name, offer.verb is Verb.NETWORK)
        )
        lines.append(_entry(name, about, name == choice.target, choice.part is Part.TARGET, width))
    if Part.UNIT in parts_of(choice):
        lines += _units(snapshot, choice, width)
    if Part.TEXT in parts_of(choice):
        lines.append(_heading(_typed(offer), choice.part is Part.TEXT, width))
        lines.append(Line((Run(" "), field_run(choice.text, min(70, width - 4), choice.part is Part.TEXT))))
    lines.append(Line())
    if offer.writes:
        lines += text_lines(f"▲ changes {offer.writes}: first the plan, then the question", width, role=Role.WARN)
        if access is not Access.OPERATE:
            words = f"□ needs access operate, this is {access.value}: the plan can be read all the same"
            lines += text_lines(words, width, role=Role.UNKNOWN)
    else:
        lines += text_lines("reads only", width, role=Role.MUTED)
    return lines


def _units(snapshot: Snapshot, choice: Choice, width: int) -> list[Line]:
    lines = [_heading("unit", choice.part is Part.UNIT, width)]
    names: Sequence[str] = units_of(snapshot, choice, choice.target)
    lines += [_entry(name, "", name == choice.unit, choice.part is Part.UNIT, width) for name in names]
    return lines if names else [*lines, Line((Run(" ? no unit is known yet", Role.UNKNOWN),))]


def _heading(text: str, focused: bool, width: int) -> Line:
    return section(text, width, heavy=focused)
