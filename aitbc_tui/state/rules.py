"""The signs of one moment: which rules hold for whom, with evidence and the command that shows the same. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aitbc_tui.domain.errors import HostKeyProblem
from aitbc_tui.domain.figures import clock, coarse_age, money, short_hash, thousands
from aitbc_tui.domain.receipt import RemarkKind
from aitbc_tui.domain.snapshot import (
    Chain,
    GpuRow,
    JobRow,
    LinkRow,
    MempoolRow,
    MinerRow,
    NodeRow,
    Submission,
    SubmissionState,
)
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.alarms import Sign
from aitbc_tui.state.by_hand import at_host
from aitbc_tui.state.facts import World
from aitbc_tui.state.job_verdicts import waits_for_ever
from aitbc_tui.state.links import next_try
from aitbc_tui.state.rulebook import REMEDIES, RULES
from aitbc_tui.state.signers import foreign_blocks
from aitbc_tui.state.sources import coordinator_trouble, ollama_trouble

__all__ = [
    "RULES",
    "coordinator_signs",
    "gpu_signs",
    "job_signs",
    "link_signs",
    "mempool_signs",
    "miner_signs",
    "node_signs",
    "sign",
    "submission_signs",
]
BACK_S = 20.0
ENDED_UNPAID = ("CANCELED", "EXPIRED", "FAILED")
_POOL_RULES = {
    ("waits long", True): "mempool-stuck",
    ("flooded", True): "mempool-flood",
    ("left here", False): "tx-stuck",
}


def sign(rule: str, about: str, evidence: str, check: str = "", host: str = "", remedy: str = "") -> Sign:
    """A sign of a rule, with that rule's remedy unless a better one is known."""
    wanted = remedy or REMEDIES[rule]
    said = evidence.removeprefix(f"{about}: ")  # errors begin with their host, and the column before has it
    return Sign(rule, SafeText(about), SafeText(said), SafeText(wanted), SafeText(check), host)


def node_signs(world: World, rows: Iterable[NodeRow], chain: Chain, now: float, utc: float) -> Iterator[Sign]:
    """What is wrong with the nodes, one sign a node and rule."""
    for row in rows:
        facts = world.nodes[row.name]
        frame = world.topology.node(row.name)
        rpc = frame.rpc if frame is not None else ""
        if row.rule:
            yield sign(row.rule, row.name, row.verdict.text, row.check, row.host)
        if facts.went_back is not None and utc - facts.went_back[2] < BACK_S:
            high, low, _ = facts.went_back
            text = f"head went back from {thousands(high)} to {thousands(low)}"
            yield sign("height-back", row.name, text, f"curl -s {rpc}/rpc/head", row.host)
        for lost in facts.departures.vanished:
            text = f"left the mempool, in no block {lost.first:,} to {lost.last:,}"
            yield sign("tx-vanished", short_hash(lost.tx_hash)[:8], text, f"aitbc-tui tx {lost.tx_hash}", row.host)
        bare, head = facts.bare, row.head.fresh(now)
        if head is not None and bare.trouble is not None and bare.trouble.kind.value == "empty":
            text = f"/rpc/head says {bare.trouble.detail}; with chain_id it is at {thousands(head.height)}"
            yield sign("chain-id-unset", row.name, text, f"curl -s {rpc}/rpc/head", row.host)
    for foreign in foreign_blocks(world, chain.source):
        frame, block = world.topology.node(foreign.node), foreign.block
        by = f"signed by {foreign.signer}" if foreign.signer else "no key could have signed it"
        text = f"block {thousands(block.height)} names {block.proposer} as proposer, {by}"
        check = f"curl -s {frame.rpc if frame is not None else ''}/rpc/blocks/{block.height}"
        yield sign("signer-mismatch", foreign.node, text, check, frame.host if frame is not None else "")


def link_signs(world: World, rows: Iterable[LinkRow], now: float) -> Iterator[Sign]:
    """Connections that are lost, refused, made again and again, or meet a host key that is not the pinned one."""
    for row in rows:
        host = str(row.host)
        check = at_host(world.topology, host, "true")
        losses = world.losses.get(host)
        storm = losses.storm(now) if losses is not None else 0
        if row.host_key_problem:
            changed = row.verdict.word == f"key {HostKeyProblem.CHANGED.value}" or row.verdict.level is Level.BAD
            rule = "ssh-hostkey-changed" if changed else "host-key"
            yield sign(rule, host, row.detail, f"aitbc-tui trust scan {host}", host, row.remedy)
        elif storm:
            text = f"connection lost {storm} times within a minute, {row.reconnects} reconnects"
            yield sign("reconnect-storm", host, text, check, host)
        elif row.verdict.level in (Level.GOOD, Level.COMING) and not row.detail:
            continue
        elif row.verdict.level is Level.REFUSED:
            yield sign("login", host, row.detail, check, host, row.remedy)
        elif row.detail and row.verdict.level is not Level.GOOD:
            wait = next_try(row.next_try_at, now)
            link = world.links.get(host)
            frozen = link is not None and link.error is not None and link.error.timed_out
            yield sign("ssh-freeze" if frozen else "ssh-drop", host, f"SSH: {row.detail}{wait}", check, host)


def miner_signs(world: World, rows: Iterable[MinerRow], jobs: Iterable[JobRow]) -> Iterator[Sign]:
    """Miners that are silent or gone, with the jobs they hold."""
    held = [job for job in jobs if job.verdict.word == "STUCK" and job.job.miner is not None]
    for row in rows:
        if row.verdict.level is not Level.BAD:
            continue
        mine = [job.job.job_id[:8] for job in held if job.job.miner == row.miner.identity]
        holds = f"; {', '.join(mine)} stuck on it" if mine else ""
        check = "aitbc-tui miners"
        yield sign("miner-gone", row.miner.identity.label, f"{row.verdict.text}{holds}", check)
    for frame in world.topology.miners:
        seen = world.restarts.get((frame.host, frame.unit.removesuffix(".service")))
        if frame.unit and seen is not None and seen.rising and seen.total >= 2:
            text = f"{frame.unit} was restarted {seen.total} times in {coarse_age(seen.window_s)}"
            yield sign("miner-flapping", frame.name, text, f"journalctl -u {frame.unit} -n 50", frame.host)


def job_signs(rows: Iterable[JobRow], miners: Iterable[MinerRow]) -> Iterator[Sign]:
    """Jobs that are stuck, fail inside, wait or end late, and their money; not a stuck one whose miner is the cause."""
    silent = {row.miner.identity for row in miners if row.verdict.level is Level.BAD}
    for row in rows:
        job, about, word = row.job, row.job.job_id[:8], row.verdict.word
        check = f"aitbc-tui trace {job.job_id}"
        if word == "STUCK" and job.miner not in silent:  # else its miner is the cause, and names it
            on = f" ({job.miner.label})" if job.miner else ""
            yield sign("job-stuck", about, f"{row.verdict.text}{on}", check)
        elif word == "FAILED" and row.receipt is not None and row.receipt.facts.price:
            text = f"COMPLETED, result.status failed, price {money(row.receipt.facts.price)}"
            yield sign("job-fails-completed", about, text, check)
        elif word == "overdue":
            yield sign("job-overdue", about, row.verdict.text, check)
        elif word == "done late":
            yield sign("late-result", about, row.verdict.text, check)
        elif word == "queued" and row.verdict.level is Level.WARN:
            remedy = "c: cancel, submit without that" if waits_for_ever(row.verdict.text) else ""
            text = f"waits {coarse_age(row.age_s)}: {row.verdict.text}"
            yield sign("job-waits", about, text, check, remedy=remedy)
        if row.receipt is not None and row.receipt.valid and row.receipt.has(RemarkKind.MODEL_SUBSTITUTED):
            said = row.receipt.facts
            yield sign("model-substituted", about, f"asked {said.model_asked}, ran {said.model_used}", check)
        yield from _money_signs(row, about)


def _money_signs(row: JobRow, about: str) -> Iterator[Sign]:
    payment = row.payment
    if payment is None:
        return
    sum_text = f"{money(payment.amount)} {payment.currency}" if payment.amount is not None else "its payment"
    check = f"aitbc-tui job {row.job.job_id} --payment"
    if row.job.state in ENDED_UNPAID and payment.status == "escrowed":
        yield sign("escrow-stuck", about, f"{sum_text} still escrowed, and the job is {row.job.state}", check)
    elif payment.status == "released" and payment.transaction_hash is None:
        yield sign("paid-unsettled", about, f"{sum_text} released, and no transaction says so", check)


def submission_signs(submissions: Iterable[Submission]) -> Iterator[Sign]:
    """Jobs that were sent and never surely answered: they may run, and may be billed."""
    for one in submissions:
        if one.state is SubmissionState.UNKNOWN:
            text = f"model {one.order.model} sent {clock(one.at)}, no sure answer: {one.detail}"
            yield sign("submission-unknown", f"job at {clock(one.at)}", text, "aitbc-tui jobs")


def mempool_signs(world: World, rows: Iterable[MempoolRow]) -> Iterator[Sign]:
    """Mempools that do not drain or are flooded, and transactions left with a node that forwards none."""
    for row in rows:
        frame = world.topology.node(row.name)
        rpc, host = (frame.rpc, frame.host) if frame is not None else ("", "")
        rule = _POOL_RULES.get((str(row.verdict.word), row.drains))
        if rule is not None:
            chain = f"&chain_id={frame.chain_id}" if frame is not None and frame.chain_id else ""
            yield sign(rule, row.name, row.verdict.text, f'curl -s "{rpc}/rpc/mempool?limit=10001{chain}"', host)


def gpu_signs(world: World, gpus: Iterable[GpuRow], now: float) -> Iterator[Sign]:
    """Cards that are lost, and Ollamas that do not answer."""
    for row in gpus:
        if row.reading.lost and row.verdict.level is Level.BAD:
            yield sign("gpu-lost", row.name, row.verdict.text, "nvidia-smi -L", str(row.host))
    for host in world.ollamas:
        named = ollama_trouble(world, host, now)
        if named is not None:
            yield sign(named.rule, host, named.evidence, named.check, host)


def ledger_signs(world: World) -> Iterator[Sign]:
    """This machine's own trouble: what is seen is not kept, and what cannot be written down is not sent."""
    if world.ledger_trouble:
        yield sign("ledger", "here", world.ledger_trouble, "aitbc-tui doctor")


def coordinator_signs(world: World, now: float) -> Iterator[Sign]:
    """A coordinator that does not answer, and credentials that it refuses or that have run out."""
    named, credentials = coordinator_trouble(world, now), world.topology.credentials
    refused = [row for row in credentials if row.verdict.word == "refused"]
    host = world.topology.coordinator_host
    if named is not None and not (refused and named.rule == "refused"):
        yield sign(named.rule, "coordinator", named.evidence, named.check, host)
    for row in refused:
        yield sign("refused", row.role, row.verdict.text, "aitbc-tui doctor", host)
    for row in credentials:
        if "expired" in str(row.verdict.word):
            said = str(row.verdict.text) or str(row.verdict.word)
            yield sign("token-expired", row.role, said, "aitbc-tui doctor")
