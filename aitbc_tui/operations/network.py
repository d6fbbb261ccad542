"""`network`: hosts by checks, latency, whether the P2P mesh is in one piece; each with the command that shows it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from aitbc_tui.config.model import EnvironmentConfig, NodeConfig
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.figures import coarse_age
from aitbc_tui.domain.node import Peers
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import LinkRow, NodeRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations import large
from aitbc_tui.operations.checks import Check, Grade
from aitbc_tui.operations.field import PARALLEL, Field
from aitbc_tui.operations.tally import Json
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.ask import Ask

PROBES = 20
SLOW_MS = 500.0
LEASED = "leased"  # a hub of 2026-08 knows its followers by leases: no connection is seen by anybody
SOUND = ("connected", LEASED, "alone")
STEPS = ("name", "tcp", "host key", "login", "ssh")  # how far a connection came: 1..5


async def probe(field: Field, snapshot: Snapshot) -> list[Check]:
    """Every host and what is behind it; the nodes side by side, each asked one thing at a time."""
    links = {str(link.host): link for link in snapshot.links}
    checks = [check for link in snapshot.links for check in _steps(link)]
    nodes = [n for n in field.environment.nodes if _up(links.get(n.host))]
    places = asyncio.Semaphore(PARALLEL)

    async def over_ssh(host: str) -> Check:
        async with places:
            return await large.over_ssh(field, host)

    reached = [host for host, link in links.items() if _up(link)]
    ways = {check.host: check for check in await asyncio.gather(*(over_ssh(host) for host in reached))}
    checks += ways.values()

    async def rpc_of(node: NodeConfig) -> list[Check]:
        async with places:
            return await _rpc(field, node, ways.get(node.host))

    for found in await asyncio.gather(*(rpc_of(node) for node in nodes)):
        checks += found
    for row in snapshot.nodes:
        if _up(links.get(row.host)):
            checks.append(_listening(row, snapshot.now))
    coordinator = field.environment.coordinator
    if coordinator is not None and _up(links.get(coordinator.host)):
        checks.append(await _coordinator(field, coordinator.host, coordinator.url))
    for name, host in field.environment.hosts.items():
        if host.ollama and _up(links.get(name)):
            checks.append(await _answers(field, name, host.ollama, "ollama", requests.ollama_version()))
    return checks


def _up(link: LinkRow | None) -> bool:
    return link is not None and link.verdict.level is Level.GOOD


def _steps(link: LinkRow) -> Iterator[Check]:
    """Name, TCP, host key, login, SSH: passed up to where the connection came, failed there, unknown beyond."""
    host = str(link.host)
    if _up(link):
        for name in STEPS:
            yield Check("", host, name, Grade.PASS, "local" if link.verdict.word == "local" else "ok")
        return
    at = 3 if link.host_key_problem else 4 if link.verdict.word == "login refused" else min(5, link.step + 1)
    for number, name in enumerate(STEPS, 1):
        if number < at:
            yield Check("", host, name, Grade.PASS, "ok")
        elif number == at:
            kind = "trust" if at == 3 else "authentication" if at == 4 else "connection"
            yield Check("", host, name, Grade.FAIL, str(link.detail or link.verdict.word), kind, str(link.remedy))
        else:
            yield Check("", host, name, Grade.SKIP, "not reached")


async def _rpc(field: Field, node: NodeConfig, way: Check | None) -> list[Check]:
    """Latency, the share of unanswered probes, and whether a large answer stalls while small ones pass."""
    times: list[float] = []
    why = ""
    for _ in range(PROBES):
        try:
            answer = await field.wire.send(node.host, node.rpc, requests.node_health())
            times.append(answer.elapsed_ms)
        except AitbcError as error:
            why = error.detail
            if len(times) == 0:
                break  # nothing answers: one reason is enough
    lost = PROBES - len(times)
    make = _Named(node)
    if not times:
        return [make("rpc", Grade.FAIL, why, "service-offline")]
    middle, high = quantile(times, 0.5), quantile(times, 0.95)
    field.tally.note(node.host, node.name, f"GET /health, {PROBES} times", "latency ms", {"p50": middle, "p95": high})
    share = f"{lost} of {PROBES} unanswered"
    grade = Grade.FAIL if lost > PROBES // 4 else Grade.WARN if lost or high > SLOW_MS else Grade.PASS
    return [
        make("rpc", Grade.PASS if not lost else Grade.WARN, share if lost else "answers"),
        make("latency", grade, f"p50 {middle:.0f} ms, p95 {high:.0f} ms, {share}", "timeout"),
        await large.of_node(field, node, middle, way),
    ]


class _Named:
    """Checks about one node."""

    def __init__(self, node: NodeConfig) -> None:
        self._node = node

    def __call__(self, name: str, grade: Grade, why: str, kind: str = "validation", remedy: str = "") -> Check:
        return Check(self._node.name, self._node.host, name, grade, why, kind, remedy)


def _listening(row: NodeRow, now: float) -> Check:
    peers = row.peers.fresh(now)
    if _by_lease(row):
        return Check(
            str(row.name), row.host, "p2p port", Grade.SKIP, "this version: a lease at the hub, no port", "p2p"
        )
    if peers is None:
        why = str(row.peers.trouble.detail) if row.peers.trouble else "not learnt"
        return Check(str(row.name), row.host, "p2p port", Grade.FAIL, why, "p2p")
    if peers.listening is False:
        return Check(str(row.name), row.host, "p2p port", Grade.FAIL, "nothing listens", "p2p", "its p2p unit")
    said = f"listens, {peers.count} peers" if peers.listening else f"no port in this version, {leases(peers)}"
    return Check(str(row.name), row.host, "p2p port", Grade.PASS, said)


def leases(peers: Peers) -> str:
    """`2 leases, the first ends in 12 m`: a follower that died an hour ago may still have one."""
    left = [seconds for seconds in peers.leases_left_s or () if seconds is not None]
    one = peers.count == 1
    ends = f", {'it' if one else 'the first'} ends in {coarse_age(max(0.0, min(left)))}" if left else ""
    return f"{peers.count} lease{'' if one else 's'}{ends}"


def _by_lease(row: NodeRow) -> bool:
    """A follower of 2026-08: it lists nobody, its hub knows it by a lease."""
    return row.peers.freshness(0.0) is Freshness.ABSENT


async def _coordinator(field: Field, host: str, url: str) -> Check:
    """2026-08 has its health at another path."""
    check = await _answers(field, host, url, "coordinator", requests.coordinator_health())
    if check.grade is Grade.PASS:
        return check
    other = await _answers(field, host, url, "coordinator", requests.root_health())
    return other if other.grade is Grade.PASS else check


async def _answers(field: Field, host: str, url: str, name: str, ask: Ask) -> Check:
    try:
        answer = await field.wire.send(host, url, ask)
    except AitbcError as error:
        return Check("", host, name, Grade.FAIL, error.detail, "service-offline", error.remedy)
    return Check("", host, name, Grade.PASS, f"answers in {answer.elapsed_ms:.0f} ms")


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies; of few values an existing one, never a mean."""
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1)


def mesh(snapshot: Snapshot, environment: EnvironmentConfig) -> tuple[str, str, list[Json]]:
    """(verdict, why, rows): whether the P2P connections, seen from both sides, hold the nodes together."""
    peers = {
        str(r.name): r.peers.value.addresses
        for r in snapshot.nodes
        if r.peers.value is not None and _fresh(r, snapshot)
    }
    rows: list[Json] = [{"node": name, "peers": [str(a) for a in addresses]} for name, addresses in peers.items()]
    leased = [str(r.name) for r in snapshot.nodes if _by_lease(r)]
    silent = [str(r.name) for r in snapshot.nodes if str(r.name) not in peers and str(r.name) not in leased]
    if len(snapshot.nodes) < 2:
        return "alone", "one node: there is nothing to be connected to", rows
    if not peers:
        return "unknown", "no node's connections could be read", rows
    isolated = [name for name, addresses in peers.items() if not addresses]
    if isolated:
        return "partition", f"{', '.join(isolated)} has no peer", rows
    if leased and not silent:
        held = sum(len(found) for found in peers.values())
        return LEASED if held >= len(leased) else "half-open", _lease_words(snapshot, held, len(leased)), rows
    hosts = {node.name: environment.hosts[node.host].address for node in environment.nodes}
    if len(set(hosts.values())) == len(hosts) and all(a in hosts.values() for found in peers.values() for a in found):
        return (*_pieces(peers, hosts), rows)
    if silent:
        return "unknown", f"{', '.join(silent)} was not read; the others have peers", rows
    return "connected", "every node has a peer (which one each is cannot be told from its address)", rows


def _lease_words(snapshot: Snapshot, held: int, followers: int) -> str:
    """What the hub says of its followers, and what that does not say."""
    seen = [row.peers.value for row in snapshot.nodes if row.peers.value is not None and _fresh(row, snapshot)]
    holds = " and ".join(leases(peers) for peers in seen if peers.leases_left_s is not None) or f"{held} leases"
    configured = f"{followers} follower{' is' if followers == 1 else 's are'} configured"
    return f"the hub holds {holds}; {configured}. A lease outlives a dead follower: whether it follows, its head tells"


def _fresh(row: NodeRow, snapshot: Snapshot) -> bool:
    return row.peers.freshness(snapshot.now) is Freshness.FRESH


def _pieces(peers: Mapping[str, Iterable[str]], hosts: Mapping[str, str]) -> tuple[str, str]:
    """Where addresses name the nodes: a link counts when both ends hold it; one-sided ones are named."""
    sees = {(a, b) for a, found in peers.items() for b in hosts if hosts[b] in [str(x) for x in found]}
    one_sided = sorted(f"{a} → {b}" for a, b in sees if (b, a) not in sees and b in peers)
    piece = {name: name for name in hosts}

    def root(name: str) -> str:
        while piece[name] != name:
            name = piece[name]
        return name

    for a, b in sees:
        if (b, a) in sees or b not in peers:
            piece[root(a)] = root(b)
    groups: dict[str, list[str]] = {}
    for name in hosts:
        groups.setdefault(root(name), []).append(name)
    if len(groups) > 1:
        return "partition", " | ".join(", ".join(group) for group in groups.values())
    if one_sided:
        return "half-open", f"only one side holds: {', '.join(one_sided)}"
    return "connected", "every link is held by both sides"
