"""The table's rows: for each fault how long its alarm may take, and what its evidence must say of what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from aitbc_tui.devnet import faults_machines
from aitbc_tui.devnet.august.net import AugustNet
from aitbc_tui.devnet.options import CHAIN_ID
from aitbc_tui.domain.alarm import Alarm
from aitbc_tui.domain.figures import clock, coarse_age, money, short_hash, thousands
from aitbc_tui.domain.receipt import about_key
from aitbc_tui.protocol.jwt import read_token
from aitbc_tui.state.job_views import LIVE
from tests.fixtures.simulated import Bench

WITHIN_S = 30.0
JOB_S = 70.0  # the shipped miner's own limit of 60 s, and ten more
BUSY_MINER_S = 100.0
HEARTBEAT_S = 70.0  # an idle chain of August shows a new block once a minute, and ten more
Proof = Callable[[Bench, Alarm], bool]


@dataclass(frozen=True)
class Row:
    """`proof`: the evidence equals what the devnet did. `within_s`: the contract's own threshold + 10 s, if longer.

    `longer_s`: how long the fault goes on after its alarm. `clears_s`: 30, or what the server itself asked us to wait.
    """

    name: str
    about: str | None
    proof: Proof
    within_s: float = WITHIN_S
    value: str | None = None
    generation: str = "2026-04"
    later: bool = False  # what proves it is read in the polls after the alarm
    job_every_s: float = 5.0
    longer_s: float = 3.0
    clears_s: float = 30.0

    @property
    def id(self) -> str:
        return f"{self.name}-{self.generation}" if self.generation != "2026-04" else self.name


def says(*words: str) -> Proof:
    return lambda bench, alarm: all(word in alarm.evidence for word in words)


def _head(bench: Bench, node: int) -> int:
    return bench.devnet.net.nodes[node].state.height()


def stands(bench: Bench, alarm: Alarm) -> bool:
    return f"head stands at {thousands(_head(bench, 1))} while genesis made" in alarm.evidence


def cut_off(bench: Bench, alarm: Alarm) -> bool:
    following = bench.devnet.net.genesis.state.blocks[(CHAIN_ID, _head(bench, 1) + 1)]
    return (
        stands(bench, alarm)
        and following.tx_count == 0
        and f"block {thousands(following.height)} is empty" in (alarm.evidence)
    )


def forked(bench: Bench, alarm: Alarm) -> bool:
    ours, theirs = (node.state.blocks for node in bench.devnet.net.nodes)
    split = min(key[1] for key, block in theirs.items() if key in ours and ours[key].hash != block.hash)
    fork = bench.snapshot.chain.fork
    return (
        alarm.evidence == f"other hash at {thousands(split)}, last common {thousands(split - 1)}"
        and fork is not None
        and {name: str(value) for name, value in fork.hashes.items()}
        == {"genesis": ours[(CHAIN_ID, split)].hash, "follower": theirs[(CHAIN_ID, split)].hash}
        and fork.proposers["follower"] == "rogue-proposer"
    )


def hollow(bench: Bench, alarm: Alarm) -> bool:
    height = int(alarm.evidence.split()[1].replace(",", ""))
    block = bench.devnet.net.nodes[1].state.blocks[(CHAIN_ID, height)]
    return block.proposer == "" and block.parent_hash == ""


def no_blocks(bench: Bench, alarm: Alarm) -> bool:
    heights = {f"while genesis is at {thousands(_head(bench, 0) - back)}" for back in range(5)}
    return any(words in alarm.evidence for words in heights) and not bench.devnet.net.nodes[1].state.blocks


def went_back(bench: Bench, alarm: Alarm) -> bool:
    low = int(alarm.evidence.split()[-1].replace(",", ""))
    high = int(alarm.evidence.split()[-3].replace(",", ""))
    return 0 < high - low <= 20 and low >= _head(bench, 1) - 1


def block_zero(bench: Bench, alarm: Alarm) -> bool:
    hashes = [short_hash(node.state.blocks[(CHAIN_ID, 0)].hash) for node in bench.devnet.net.nodes]
    return alarm.evidence == f"block 0 is {hashes[1]}, that of genesis {hashes[0]}" and hashes[1].startswith("0000")


def silent_miner(number: int) -> Proof:
    def proof(bench: Bench, alarm: Alarm) -> bool:
        record = bench.devnet.store.miners[bench.devnet.miners[number].key]
        return f"(limit {90 if record.inflight else 20} s" in alarm.evidence

    return proof


def stuck_job(bench: Bench, alarm: Alarm) -> bool:
    forgotten = bench.devnet.miners[0].forgotten
    return {job[:8] for job in forgotten} == {str(alarm.about)}


def billed(bench: Bench, alarm: Alarm) -> bool:
    job = next(job for job in bench.devnet.store.jobs.values() if job.job_id.startswith(alarm.about))
    price = job.receipts[-1]["price"]
    assert job.result is not None and isinstance(price, float)
    return job.result["status"] == "failed" and alarm.evidence.endswith(f"price {money(price)}")


def substituted(bench: Bench, alarm: Alarm) -> bool:
    job = next(job for job in bench.devnet.store.jobs.values() if job.job_id.startswith(alarm.about))
    assert job.result is not None
    return alarm.evidence == f"asked {job.payload['model']}, ran {job.result['model']}"


def escrowed(bench: Bench, alarm: Alarm) -> bool:
    payment = next(p for p in bench.devnet.store.payments.values() if p.job_id.startswith(alarm.about))
    said = (
        f"{money(payment.amount)} AITBC still escrowed, and the job is {bench.devnet.store.jobs[payment.job_id].state}"
    )
    return payment.status == "escrowed" and alarm.evidence == said


def unpaid(bench: Bench, alarm: Alarm) -> bool:
    payment = next(p for p in bench.devnet.store.payments.values() if p.job_id.startswith(alarm.about))
    return payment.transaction_hash is None and payment.status == "released" and "no transaction" in alarm.evidence


def vanished(bench: Bench, alarm: Alarm) -> bool:
    begin = str(alarm.about)
    mined = {str(tx["tx_hash"]) for b in bench.devnet.net.genesis.state.blocks.values() for tx in b.transactions}
    return len(begin) == 8 and not any(tx.removeprefix("0x").startswith(begin) for tx in mined)


def crash_looping(bench: Bench, alarm: Alarm) -> bool:
    unit = bench.devnet.machine("follower").files.units["aitbc-blockchain-p2p"]
    return "activating/auto-restart" in alarm.evidence and str(unit.name) in alarm.evidence


def lost_often(bench: Bench, alarm: Alarm) -> bool:
    return bench.collector.hosts["follower"].report().lost >= 3 and "lost" in alarm.evidence


def job_of_receipt(bench: Bench, alarm: Alarm) -> bool:
    return any(job.job_id.startswith(alarm.about) for _, job, _ in bench.devnet.store.receipts[-20:])


def newest_under_a_strange_key(bench: Bench, alarm: Alarm) -> bool:
    """One alarm for the key; it names the newest receipt under it."""
    named = [body for _, job, body in bench.devnet.store.receipts[-20:] if job.job_id[:8] in alarm.evidence]
    seals = [cast("dict[str, str]", body["signature"]) for body in named]
    return [about_key(seal["key_id"]) for seal in seals] == [alarm.about]


def importer_dead(bench: Bench, alarm: Alarm) -> bool:
    return alarm.evidence == f"aitbc-blockchain-node.service is failed, its head stands at {thousands(_head(bench, 1))}"


def database_lost(bench: Bench, alarm: Alarm) -> bool:
    """One database, two servers: both say so, and the hub's head that stands is no alarm of its own."""
    lost = {str(a.about) for a in bench.snapshot.alarms if a.rule == "db-down"}
    if alarm.about == "coordinator":
        said = 'health says ok, every list says broken: 500 "An internal server error occurred"'
        return lost == {"coordinator", "genesis"} and alarm.evidence == said
    still = coarse_age(bench.now - (bench.snapshot.nodes[0].head_changed_at or 0.0))
    said = f"its head is read, its mempool answers 500, no block for {still}"
    return alarm.about == "genesis" and alarm.evidence == said


def expired(bench: Bench, alarm: Alarm) -> bool:
    """The token that lies in the file, read by the test itself."""
    token = (bench.devnet.dir / "keys" / str(alarm.about)).read_text().strip()
    expires_at = read_token(token).expires_at
    return expires_at is not None and alarm.evidence == (
        f"expired {clock(expires_at)} UTC, <1 m ago; renew {alarm.about}_file"
    )


def foreign_key(bench: Bench, alarm: Alarm) -> bool:
    net = bench.devnet.net
    assert isinstance(net, AugustNet)
    height = int(alarm.evidence.split()[1].replace(",", ""))
    block = net.genesis.state.blocks[(CHAIN_ID, height)]
    sealed = net.sealed_by(block)
    named = f"names {net.wallet.address} as proposer, signed by {net.stranger.address}"
    return named in alarm.evidence and sealed == net.stranger.address


def not_sent_on(bench: Bench, alarm: Alarm) -> bool:
    (waiting,) = bench.devnet.net.nodes[1].state.mempool
    mined = {str(tx["tx_hash"]) for b in bench.devnet.net.genesis.state.blocks.values() for tx in b.transactions}
    pending = bench.devnet.net.genesis.state.mempool
    return waiting not in mined and waiting not in pending and alarm.evidence.startswith(short_hash(waiting))


def too_dear(bench: Bench, alarm: Alarm) -> bool:
    job = bench.devnet.dear
    return (
        job is not None and job.job_id[:8] == alarm.about and job.state == "QUEUED" and "wants bond" in alarm.evidence
    )


def asked_no_more(bench: Bench, alarm: Alarm) -> bool:
    """That no question is asked meanwhile is a test of its own."""
    return "asked too often, pauses" in alarm.evidence and bench.devnet.made.limits["follower"].spare == 0


def key_refused(bench: Bench, alarm: Alarm) -> bool:
    """What its list fed says nothing as if it were new: not one job under way, and no miner that lives."""
    rows = [*bench.snapshot.miners, *(job for job in bench.snapshot.jobs if job.job.state in LIVE)]
    stale = {str(row.verdict.word) for row in rows} == {"stale"}
    return stale and alarm.evidence == "its key is answered 401: it was accepted before"


ROWS: tuple[Row, ...] = (
    Row("wedge", "follower", stands),
    Row("fork", "follower", forked, later=True),
    Row("stall", "genesis", says("no new block for 10 s")),
    Row("not-producing", "genesis", says("aitbc-blockchain-node", "is active and has made no block since it started")),
    Row("producer-dead", "genesis", says("aitbc-blockchain-node", "is failed")),
    Row("hollow", "follower", hollow),
    Row("redis-down", "follower", cut_off),
    Row("p2p-partition", None, says("no established P2P connection")),
    Row("late-join", "follower", no_blocks),
    Row("height-back", "follower", went_back),
    Row("role-swapped", "follower", says("proposes the blocks, and genesis is configured to")),
    Row("genesis-mismatch", "follower", block_zero),
    Row("follower-down", "follower", says("nothing listens", "is failed")),
    Row("rpc-hang", "follower", says("no complete answer", "within 5 s")),
    Row("rate-limit", "follower", says("asked too often, pauses")),
    Row("mempool-flood", "genesis", says("100 or more wait")),
    Row("tx-vanished", None, vanished),
    Row("chain-id-unset", "follower", says("no blocks yet", "with chain_id it is at")),
    Row("clock-skew", "follower", says(f"{faults_machines.SKEW_S} s ahead of ours")),
    Row("unit-crashloop", "follower", crash_looping),
    Row("disk-full", "follower", says("is 99 % full")),
    Row("unit-memory", "follower", says("aitbc-blockchain-node holds 1.9 of 2.0 GB (95 %")),
    Row("config-drift", "follower", says("block_time_seconds is 5, genesis has 2")),
    Row("ssh-drop", "follower", says("SSH: ")),
    Row("ssh-freeze", "follower", says("no answer to 3 keepalives in 15 s")),
    Row("ssh-hostkey-changed", "follower", says("CHANGED host key", "SHA256:", "nothing was sent")),
    Row("reconnect-storm", "follower", lost_often),
    Row("gpu-lost", "gpu-1:1", says("lost from the bus")),
    Row("ollama-down", "gpu-1", says("Ollama at ", "does not answer")),
    Row("miner-gone", None, silent_miner(0), BUSY_MINER_S),
    Row("miner-gone", None, silent_miner(1), WITHIN_S, value="1", job_every_s=600.0),  # free: nothing to do
    Row("miner-flapping", "miner-0", says("aitbc-host-gpu-miner was restarted")),
    Row("job-stuck", None, stuck_job, JOB_S),
    Row("job-fails-completed", None, billed),
    Row("model-substituted", None, substituted),
    Row("coordinator-500", "coordinator", says('500 "Internal Server Error"')),
    Row("coordinator-slow", "coordinator", says("takes 3.0 s to answer")),
    Row("garbage-json", "coordinator", says("broken: ")),
    Row("huge-json", "coordinator", says("answer larger than")),
    Row("dies-after-500", "coordinator", says("answers were 500, between good ones")),
    Row("refused", "admin", key_refused),
    Row("db-down", "coordinator", says("health says ok", "500")),
    Row("wrong-service", "coordinator", says("no coordinator there")),
    Row("error-in-200", "coordinator", says("200 with an error inside: database is locked")),
    Row("receipt-unsigned", None, job_of_receipt),
    Row("receipt-bad", None, job_of_receipt),
    Row("receipt-attacker-key", None, newest_under_a_strange_key),
    Row("escrow-stuck", None, escrowed),
    Row("paid-unsettled", None, unpaid),
    # the other lineage of April makes no empty blocks: what depends on that, once more
    Row("wedge", "follower", stands, generation="2026-04b"),
    Row("fork", "follower", forked, generation="2026-04b", later=True),
    Row("stall", "genesis", says("no new block for"), generation="2026-04b"),
    Row("producer-dead", "genesis", says("is failed"), generation="2026-04b"),
    Row("tx-vanished", None, vanished, generation="2026-04b"),
    Row("role-swapped", "follower", says("proposes the blocks"), generation="2026-04b"),
    Row("height-back", "follower", went_back, generation="2026-04b"),
    Row("late-join", "follower", no_blocks, generation="2026-04b"),
    Row("mempool-flood", "genesis", says("100 or more wait"), generation="2026-04b"),
    Row("importer-dead", "follower", importer_dead, generation="2026-04b"),
    # the platform of August: other limits, other credentials, other bodies
    Row("token-expired", "admin", expired, generation="2026-08"),
    Row("token-expired", "client", expired, value="client", generation="2026-08"),
    Row("signer-mismatch", "genesis", foreign_key, generation="2026-08"),
    Row("tx-stuck", "follower", not_sent_on, generation="2026-08"),
    Row("job-waits", None, too_dear, generation="2026-08"),
    Row("config-drift", "follower", says("block_production_chains is ait-mainnet here"), generation="2026-08"),
    Row("fork", "follower", forked, generation="2026-08", later=True),
    Row("stall", "genesis", says("no new block for"), HEARTBEAT_S, generation="2026-08"),
    Row("producer-dead", "genesis", says("is failed"), HEARTBEAT_S, generation="2026-08"),
    Row("importer-dead", "follower", importer_dead, generation="2026-08", longer_s=70.0),
    Row("genesis-mismatch", "follower", block_zero, generation="2026-08"),
    Row("height-back", "follower", went_back, generation="2026-08"),
    Row("follower-down", "follower", says("nothing listens", "is failed"), generation="2026-08"),
    Row("rpc-hang", "follower", says("no complete answer", "within 5 s"), generation="2026-08"),
    Row("rate-limit", "follower", asked_no_more, generation="2026-08", clears_s=75.0),
    Row("mempool-flood", "genesis", says("100 or more wait"), generation="2026-08"),
    Row("clock-skew", "follower", says(f"{faults_machines.SKEW_S} s ahead of ours"), generation="2026-08"),
    Row("disk-full", "follower", says("is 99 % full"), generation="2026-08"),
    Row("db-down", None, database_lost, generation="2026-08", later=True, longer_s=90.0),
    Row("coordinator-500", "coordinator", says("500"), generation="2026-08"),
    Row("wrong-service", "coordinator", says("no coordinator there"), generation="2026-08"),
    Row("error-in-200", "coordinator", says("200 with an error inside"), generation="2026-08"),
    Row("miner-gone", None, silent_miner(0), BUSY_MINER_S, generation="2026-08"),
    Row("job-stuck", None, stuck_job, JOB_S, generation="2026-08"),
    Row("job-fails-completed", None, billed, generation="2026-08"),
    Row("model-substituted", None, substituted, generation="2026-08"),
    Row("receipt-bad", None, job_of_receipt, generation="2026-08"),
    Row("receipt-attacker-key", None, newest_under_a_strange_key, generation="2026-08"),
    Row("escrow-stuck", None, escrowed, generation="2026-08"),
    Row("paid-unsettled", None, unpaid, generation="2026-08"),
    Row("ssh-drop", "follower", says("SSH: "), generation="2026-08"),
    # the same fault elsewhere
    Row("importer-dead", "follower", importer_dead),
    Row("garbage-json", "follower", says("broken: "), value="follower"),
    Row("error-in-200", "follower", says("200 with an error inside"), value="follower"),
    Row("ssh-drop", "genesis", says("SSH: "), value="genesis"),
)
