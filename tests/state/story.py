"""Tells the state a story: events on a clock moved by hand, for tests of verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aitbc_tui.domain.identity import Identity, Role
from aitbc_tui.domain.node import Block, Head, MempoolReading, Transaction, Unit
from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.snapshot import Access, Environment, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.work import Job, JobList, Miner, MinerList
from aitbc_tui.state.chain import after_comparison
from aitbc_tui.state.events import Answered, Failed, Kind, LinkChanged, Source
from aitbc_tui.state.facts import ReceiptPage, World, begin
from aitbc_tui.state.picture import picture
from aitbc_tui.state.reduce import reduce
from aitbc_tui.state.topology import HostFrame, NodeFrame, Topology

UNITS = ("aitbc-blockchain-node", "aitbc-blockchain-rpc")
EPOCH = 1_795_000_000.0


def utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def hash_of(height: int, chain: str = "main") -> SafeText:
    return SafeText(f"0x{chain}{height:060x}")


def identity(role: Role, name: str) -> Identity:
    return Identity(role, SafeText(f"{role.value}·{name}"), f"secret-{name}")


def frame(nodes: Sequence[str] = ("genesis", "follower"), coordinator: bool = True) -> Topology:
    return Topology(
        environment=Environment(SafeText("test"), Access.OPERATE),
        hosts=tuple(HostFrame(SafeText(n), SafeText("ssh")) for n in nodes),
        nodes=tuple(
            NodeFrame(SafeText(n), n if n in ("genesis", "follower") else "node", n, "http://x", SafeText("c"), UNITS)
            for n in nodes
        ),
        coordinator=SafeText("http://coordinator") if coordinator else SafeText(""),
        coordinator_host="genesis",
        has_client_key=coordinator,
        has_admin_key=coordinator,
    )


class Story:
    """The world over time. `now` is monotonic seconds; UTC runs beside it."""

    def __init__(self, topology: Topology | None = None) -> None:
        self.topology = topology or frame()
        self.world: World = begin(self.topology)
        self.now = 1000.0
        for host in self.topology.hosts:
            self.link(str(host.name))

    @property
    def utc(self) -> float:
        return EPOCH + self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def tell(self, kind: Kind, subject: str, payload: object, rtt: float = 5.0) -> None:
        self.world = reduce(self.world, Answered(Source(kind, subject), payload, self.now, self.utc, rtt))
        if kind in (Kind.HEAD, Kind.BLOCK):
            self.world = after_comparison(self.world, self.now, self.utc)

    def fail(
        self,
        kind: Kind,
        subject: str,
        trouble: TroubleKind = TroubleKind.CONNECT,
        words: str = "refused",
        status: int | None = None,
    ) -> None:
        what = Trouble(trouble, SafeText(words), status=status, since=self.now)
        self.world = reduce(self.world, Failed(Source(kind, subject), what, self.now, self.utc))

    def link(self, host: str, state: str = "up", **changes: object) -> None:
        event = LinkChanged(
            host, state, 5, self.now, None, None, 0, 0, 4.0, 10, 10, self.now, SafeText("SHA256:x"), self.now, self.utc
        )
        self.world = reduce(self.world, replace(event, **changes))

    def head(self, node: str, height: int, chain: str = "main", age: float = 0.5, txs: int = 0) -> None:
        self.tell(Kind.HEAD, node, Head(height, hash_of(height, chain), utc(self.utc - age), txs, age))

    def block(self, node: str, height: int, chain: str = "main", proposer: str = "ait1q", parent: str = "0xp") -> None:
        when = utc(EPOCH + 2.0 * height)
        made = Block(height, hash_of(height, chain), SafeText(parent), SafeText(proposer), when, 0)
        self.tell(Kind.BLOCK, node, made)

    def pool(self, node: str, hashes: Sequence[str], capped: bool = False) -> None:
        txs = tuple(Transaction(SafeText(h), SafeText("a"), SafeText("b"), 1, 10 + i, 0) for i, h in enumerate(hashes))
        self.tell(Kind.MEMPOOL, node, MempoolReading(len(txs), capped, txs))

    def units(self, host: str, active: str = "active", restarts: int = 0) -> None:
        words = (SafeText("loaded"), SafeText(active), SafeText("x"), SafeText(""))
        rows = tuple(Unit(SafeText(f"{u}.service"), *words, restarts, 1, 60.0) for u in UNITS)
        self.tell(Kind.UNITS, host, rows)

    def jobs(self, *jobs: Job) -> None:
        self.tell(Kind.JOBS, "coordinator", JobList(jobs, False, utc(self.utc)))

    def job(self, job_id: str, state: str, age: float = 1.0, miner: str | None = None) -> Job:
        return Job(
            SafeText(job_id * 8),
            SafeText(state),
            utc(self.utc - age),
            identity(Role.CLIENT, "c"),
            identity(Role.MINER, miner) if miner else None,
        )

    def miners(self, *miners: Miner) -> None:
        self.tell(Kind.MINERS, "coordinator", MinerList(miners, utc(self.utc)))

    def miner(self, name: str, beat_age: float = 3.0, inflight: int = 0, status: str = "active") -> Miner:
        beat = utc(self.utc - timedelta(seconds=beat_age).total_seconds())
        return Miner(
            identity(Role.MINER, name), SafeText(status), inflight, 1, SafeText("localhost"), beat, 14200.0, 3, 0, None
        )

    def well(self, height: int = 100) -> None:
        """Everything that a sound network says, once."""
        for node in self.topology.nodes:
            self.head(str(node.name), height)
            self.pool(str(node.name), ())
            self.units(node.host)
        self.jobs()
        self.miners(self.miner("3f9a"))
        self.tell(Kind.RECEIPTS, "coordinator", ReceiptPage((), 0, utc(self.utc)))

    def go_on(self, seconds: float, height: int = 100, step: float = 2.0) -> int:
        """A sound network for this long; returns the last height."""
        end = self.now + seconds
        while self.now < end:
            self.wait(step)
            height += 1
            self.well(height)
            self.picture()
        return height

    def picture(self) -> Snapshot:
        self.world, snapshot = picture(self.world, self.now, self.utc)
        return snapshot
