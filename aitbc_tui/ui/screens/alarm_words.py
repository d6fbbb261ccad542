"""What each alarm means, what it does not mean, what to do, and when it closes. Our own words; no Textual here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.ui.keys import in_words


@dataclass(frozen=True, slots=True)
class Words:
    """`{about}` is the thing, `{source}` the node it is compared with; keys stand in backticks (`keys.in_words`)."""

    means: str
    not_meant: str
    do: tuple[str, ...]


_FINDING = "This alarm stays until somebody acknowledges it (`a`), not only as long as it is true."
_CONDITION = "This alarm closes by itself when the condition is gone for a while; what it was stays in the list."

WORDS: dict[str, Words] = {
    "fork": Words(
        "{about} has another block than {others} at the same height. It cannot come back by itself.",
        "This is not lag: a lagging node has the same hashes, only fewer of them.",
        (
            "Tell nobody to use {about}: balances and transactions there after {since} are not those of the chain.",
            "Find who made its blocks: Enter both chains, l its log at {since}. {maker}",
            "Keep its chain.db as evidence. Then stop the node, copy the database from {source}, start it (by hand).",
        ),
    ),
    "genesis-mismatch": Words(
        "{about} has another block 0 than {source}: it belongs to another chain altogether.",
        "This is not a fork of one chain: the two never had a common block.",
        ("Compare chain_id and genesis.json of both.", "Do not copy anything between them before that is settled."),
    ),
    "hollow": Words(
        "{about} has the right heights and hashes, but its blocks lack parent, proposer or transactions.",
        "This is not a fork: the hashes are those of the chain. Balances of {about} are wrong all the same.",
        ("Ask {source} for balances and transactions, not {about}.", "Copy the chain database from {source} by hand."),
    ),
    "stall": Words(
        "The producer makes no block although its unit runs: the head is older than several block times.",
        'This is not a lost connection: it answers, and its /health says "ok".',
        ("`l` reads its log: look for what failed while it proposed.", "`o` restarts its unit, one node at a time."),
    ),
    "producer-dead": Words(
        "The unit that makes blocks does not run: no new block comes from anywhere.",
        "The RPC is a process of its own: that it answers says nothing about the producer.",
        ("`l` reads why it ended.", "`o` starts its unit; watch the heads advance before you leave."),
    ),
    "not-producing": Words(
        "The unit is active and nothing is produced: no head moved for longer than the network ever takes.",
        "This is not a crash: systemd sees a process that runs.",
        ("`l` reads its log.", "Check enable_block_production and proposer_id in its environment files."),
    ),
    "wedge": Words(
        "{about} stands still while {source} goes on: it refuses every block after the one it has.",
        "This is not lag that closes: gossip brings only the newest block, the gap stays for ever.",
        ("o syncs the missing blocks from {source}.", "An unpatched follower wedges again at the next transaction."),
    ),
    "follower-down": Words(
        "{about} does not answer and its unit is not active.",
        "The host itself answers: this is the service, not the way there.",
        ("`l` reads why it ended.", "`o` starts its unit."),
    ),
    "lag": Words(
        "{about} has the same chain as {source}, and fewer blocks of it.",
        "This is not a fork: at the common height both have the same hash.",
        ("Wait while it closes; the note of pane 1 says how fast.", "If it does not close, o syncs the rest."),
    ),
    "height-ahead": Words(
        "{about} has more blocks than {source}: somebody else makes blocks for it.",
        "This is not {source} being slow, as long as its own head advances.",
        ("Enter shows who proposed them.", "Look for a second producer: enable_block_production on a follower."),
    ),
    "height-back": Words(
        "The head of {about} went down: its database was replaced or wiped.",
        "A chain never gets shorter by itself.",
        (
            "`l` reads what happened on its host.",
            "Compare block 0 and the hash at the common height before you use it.",
        ),
    ),
    "role-swapped": Words(
        "{about} proposes blocks, and it is not configured as the producer.",
        "This is no fork yet: so far there is one chain.",
        ("Make sure that only one node has enable_block_production.", "Correct the roles in the configuration."),
    ),
    "signer-mismatch": Words(
        "The key that signed blocks is not the proposer they name.",
        "This is not a broken connection: the signature was recovered from the block itself.",
        ("Stop trusting {about}.", "Compare its proposer key with the one you know."),
    ),
    "no-blocks": Words(
        "{about} answers that it has no block at all.",
        "This is not height 0: it would have a genesis block then.",
        ("Check chain_id and supported_chains in its environment files.", "A node that joined late needs a copy."),
    ),
    "chain-id-unset": Words(
        "{about} serves no chain of the configured name.",
        "The node itself lives: it answers for other chains, or for none.",
        ("Compare chain_id in the configuration here with supported_chains of the node.",),
    ),
    "late-join": Words(
        "{about} joined after the first block and waits for one that nobody sends any more.",
        "It will not catch up by itself: gossip carries only new blocks.",
        ("Copy the chain database from {source} by hand, then start it.",),
    ),
    "rpc-hang": Words(
        "{about} takes the connection and never answers.",
        "This is not a closed port, nor a lost SSH connection.",
        ("`l` reads its log.", "`o` restarts its RPC unit."),
    ),
    "error-in-200": Words(
        "{about} answers 200 with an error inside: the success is none.",
        "The connection is fine.",
        ("Read the evidence: it is the error's own text.",),
    ),
    "wrong-service": Words(
        "Something else answers on the port of {about}.",
        "This is not a broken AITBC service: it is another one.",
        ("Check the url in the configuration, and what listens on that port.",),
    ),
    "garbage-json": Words(
        "{about} answers something that is not JSON.",
        "The connection is fine, and nothing of the answer was used.",
        ("Ask by hand with the command under check.", "Look for a proxy in between."),
    ),
    "huge-json": Words(
        "{about} answers more than any answer of the contract may hold; it was cut off.",
        "Nothing of the answer was used.",
        ("Ask by hand with the command under check.",),
    ),
    "importer-dead": Words(
        "The unit that imports blocks at {about} does not run: its head stands still.",
        "The RPC is a process of its own: it answers, and its /health says ok.",
        ("l reads why it ended.", "o starts its unit; it catches up by itself."),
    ),
    "unit-down": Words(
        "A configured unit of {about} does not run.",
        "The node may still answer: its services are processes of their own.",
        ("`l` reads why it ended.", "`o` starts it."),
    ),
    "unit-crashloop": Words(
        "A unit of {about} is started again and again and does not stay up.",
        'systemd says "activating": that is not a slow start.',
        ("`l` reads the error before each end.", "Correct the cause; a restart by hand changes nothing."),
    ),
    "disk-full": Words(
        "The disk of {about} has no room: databases stop being written.",
        "The services may still answer from memory.",
        ("Free space, oldest backups and journals first.", "Then check the chain: the last blocks may be missing."),
    ),
    "unit-memory": Words(
        "A unit of {about} is close to its own memory limit: beyond it the kernel ends it.",
        "The host may have room: the limit is the unit's MemoryMax.",
        ("l reads what it does.", "A restart gives it room for a while: o, when the chain can spare it."),
    ),
    "config-drift": Words(
        "{about} has another value than {source} in a setting that must agree.",
        "Settings that may differ are not compared.",
        ("Enter shows both values.", "`o` copies one key at a time, by name."),
    ),
    "p2p-partition": Words(
        "{about} has no peer: blocks and transactions do not reach it.",
        "SSH reaches the host: this is the network between the nodes.",
        ("Check port 7070 and p2p_peers on both sides.",),
    ),
    "clock-skew": Words(
        "The clock of {about} is wrong by more than a block time.",
        "No age on this screen uses that clock.",
        ("Check NTP on the host.",),
    ),
    "ssh-drop": Words(
        "The SSH connection to {about} ended; it is tried again by itself.",
        "This says nothing about the services behind it: they may be fine.",
        ("Wait, or r tries now.", ":connections shows what was tried and how far it came."),
    ),
    "ssh-freeze": Words(
        "The SSH connection to {about} stands and nothing comes through it.",
        "This is not a slow service: keepalives of the connection itself are not answered.",
        ("Wait, or r tries now.", ":connections shows what was tried."),
    ),
    "reconnect-storm": Words(
        "The connection to {about} comes and goes again and again.",
        "This is not one outage: each connection was good while it lasted.",
        ("Look at the way there: MaxStartups, a firewall, a lossy line.",),
    ),
    "dies-after-500": Words(
        "{about} answered with an error and then not at all.",
        "This is not the way there: SSH stands.",
        ("`l` reads its log.", "`o` starts its unit."),
    ),
    "ssh-hostkey-changed": Words(
        "{about} shows another host key than the pinned one. Nothing was sent to it.",
        "It may have been installed anew; it may also be somebody else.",
        (
            "Compare the fingerprint with its operator another way.",
            "Only then: aitbc-tui trust add host {about} SHA256:…",
        ),
    ),
    "host-key": Words(
        "Nobody has pinned a host key for {about}. Nothing was sent to it.",
        "This is not a changed key: there is none to compare with.",
        ("Compare the fingerprint with its operator another way.", "Then: aitbc-tui trust add host {about} SHA256:…"),
    ),
    "login": Words(
        "{about} refuses the user's key.",
        "The host and its key are as expected: only the login is refused.",
        ("Check user and identity in the configuration, and authorized_keys on the host.",),
    ),
    "job-stuck": Words(
        "The job is past a step that was due, and nothing shows that it goes on.",
        "RUNNING is the coordinator's word: it never ages a job.",
        ("Enter names the missing step.", "`l` reads the miner's log.", "Then cancel it, and submit it again."),
    ),
    "job-waits": Words(
        "The job waits longer than a miner needs to poll.",
        "This is not stuck yet: it can still be taken.",
        ("Are the miners alive (3), and does one hold the model?", "Does it carry a constraint no miner meets?"),
    ),
    "job-overdue": Words(
        "The job is past its expiry and still QUEUED or RUNNING.",
        "The coordinator expires a job only when its owner reads it.",
        ("Reading it with the owner's key settles it.",),
    ),
    "job-fails-completed": Words(
        "The platform calls the job COMPLETED and charges it; the result inside says failed.",
        "A valid receipt is no proof of a good result: it signs what the miner said.",
        ("Enter shows result and receipt.", "Claim the price from whoever runs the coordinator."),
    ),
    "model-substituted": Words(
        "Another model ran than the one that was asked for.",
        "This is not an error message lost: the miner substitutes silently.",
        ("Submit with a model that a miner holds (n, the list behind the model).",),
    ),
    "escrow-stuck": Words(
        "A payment was taken and neither released nor refunded.",
        "This is not the job's state: the job itself is over.",
        ("Enter shows the job; its payment is looked up by the operator of the coordinator.",),
    ),
    "paid-unsettled": Words(
        'The payment is called "released" and no transaction stands behind it.',
        "Released is a word in a database, not a transfer.",
        ("Enter shows the receipt and what was paid.",),
    ),
    "miner-gone": Words(
        "{about} has sent no heartbeat for longer than a living miner ever takes.",
        'The platform still calls it "active": it never ages a miner.',
        ("`l` reads its log.", "`o` restarts its unit; a job it held stays with it until it expires."),
    ),
    "miner-flapping": Words(
        "{about} comes and goes: its heartbeats stop and start again.",
        "Each time it is back its jobs count go on: the list alone shows nothing.",
        ("`l` reads its log.", "Look at its unit: restarts."),
    ),
    "gpu-lost": Words(
        "The card of {about} fell off the bus: the driver no longer sees it.",
        "This is not an idle card.",
        ("Reset or reboot its host.", "Jobs of its miner will fail until then."),
    ),
    "ollama-down": Words(
        "Ollama on {about} does not answer: its miner takes jobs and fails them.",
        "The host and the miner's own unit may be fine.",
        (
            "Look at its unit on {about}, and start it again.",
            "Jobs that failed meanwhile stand in 4, with what was billed.",
        ),
    ),
    "mempool-flood": Words(
        "Transactions come faster than blocks can take them.",
        "This is not a stopped producer: it drains, and not fast enough.",
        ("Look at the senders of the newest (2).", "Raise the fee of what must go first."),
    ),
    "tx-stuck": Words(
        "{about} took a transaction with 200 and sends it on to nobody: only the producer makes blocks.",
        "This is not a full mempool: it would wait here for ever.",
        ("Send it to the RPC of the producer.", "aitbc-tui tx HASH says which node holds it."),
    ),
    "tx-vanished": Words(
        "A transaction was accepted and is now neither pending nor in a block.",
        "200 means taken into the pool, not into a block.",
        ("Check balance and nonce of its sender.",),
    ),
    "coordinator-500": Words(
        "The coordinator answers with errors of its own.",
        "This is not the way there: the answers arrive.",
        ("`l` reads its log.",),
    ),
    "coordinator-slow": Words(
        "The coordinator takes seconds for an answer: one blocking request holds up all others.",
        "This is not the line: SSH itself answers at once.",
        ("Wait; every further question makes it slower.", "`l` reads its log."),
    ),
    "db-down": Words(
        "{about} has lost its database: what is read from it fails, other things go on.",
        "Its process lives, and its /health says ok.",
        ("Look at the unit of its database, its disk, and whether it was ever migrated.",),
    ),
    "redis-down": Words(
        "No block reaches {about} any more, though {source} makes empty ones that no importer refuses.",
        "Each node by itself may be fine: gossip goes through Redis, and nobody subscribes again after it was away.",
        ("Look at redis on the host of gossip_broadcast_url.", "Then restart the node units."),
    ),
    "rate-limit": Words(
        "The coordinator refuses questions: the budget is used up. It is shared by all who come through this host.",
        "This is not an outage.",
        ("Wait; asking pauses by itself.", "A longer interval_s asks less."),
    ),
    "token-expired": Words(
        "The credential is over: the coordinator refuses it.",
        "This is not a wrong credential: it worked until its expiry.",
        ("Renew it where the configuration says it comes from.",),
    ),
    "receipt-bad": Words(
        "The receipt does not verify: what it says is not what was signed, or not all of it.",
        "This is not a missing pin: the signature itself is wrong.",
        ("Do not pay it.", "Keep it: its bytes are in the ledger as received."),
    ),
    "receipt-attacker-key": Words(
        "The receipt verifies under a key that nobody has pinned: whoever holds that key could have written it.",
        "The signature is good; that alone proves nothing.",
        ("v compares keys with one you got by another way.", "Only then: aitbc-tui trust add signing KEY"),
    ),
    "receipt-unsigned": Words(
        "The receipt carries no signature: it is a claim.",
        "This is not a forgery: the coordinator may have no signing key.",
        ("Ask whoever runs the coordinator to configure its signing key.",),
    ),
    "submission-unknown": Words(
        "A job was sent from here, and no sure answer came: it may wait, run or be done, under an id not known here.",
        "It was not sent again, and is not by itself: that could make two jobs and two bills.",
        (
            "4 lists the jobs: one of that time and client may be it.",
            "Acknowledge this when it was found, or when its time to live is over.",
        ),
    ),
    "receipt-duplicate": Words(
        "Two receipts name one job: it may be charged twice.",
        "Both may verify: a signature says nothing about another receipt.",
        ("6 compares both.",),
    ),
    "other-chain": Words(
        "{about} has no block of the chain that it was asked for.",
        "This is not an empty node: it may have blocks of another chain.",
        ("Compare chain_id in the configuration here with that of the node.",),
    ),
    "rpc-down": Words(
        "Nothing listens on the RPC port of {about}; its last figures are kept and marked.",
        "This says nothing about its chain: it takes part in no verdict now.",
        ("`l` reads the log of its RPC unit.", "`o` starts that unit."),
    ),
    "rpc-500": Words(
        "The RPC of {about} answers with errors of its own.",
        "This is not the way there: the answers arrive. Its chain may be fine.",
        ("`l` reads the log of its RPC unit.",),
    ),
    "producer-down": Words(
        "{about}, which makes the blocks, does not answer and its unit is not active.",
        "The host itself answers: this is the service, not the way there.",
        ("`l` reads why it ended.", "`o` starts its unit; watch the heads advance before you leave."),
    ),
    "mempool-stuck": Words(
        "Transactions wait in the producer's pool longer than a few blocks.",
        "A follower's pool never drains: it is not counted here.",
        ("Does the producer make blocks (1)?", "Enter on pane 2 shows the oldest."),
    ),
    "late-result": Words(
        "A result came after the job was cancelled or had expired, and it was charged.",
        "No state of a job is final on this platform: COMPLETED came last and counts.",
        ("Enter shows result and receipt.", "Claim the price from whoever runs the coordinator."),
    ),
    "refused": Words(
        "The coordinator refuses a credential of ours for {about}.",
        "This is not an outage: it answers, and says no.",
        ("Check which credential opens this (:connections).", "A 403 is no wrong key: the route is closed to it."),
    ),
    "coordinator-down": Words(
        "The coordinator does not answer; what is shown of it is old and marked.",
        "Miners may go on working: their results arrive later.",
        ("`l` reads the coordinator's log.", "`o` is for nodes: its unit is started with aitbc-tui service start."),
    ),
}


def words_for(alarm: Alarm) -> Words:
    """The words of a rule; a rule without any explains itself by its evidence."""
    known = WORDS.get(alarm.rule)
    if known is not None:
        return replace(known, do=tuple(map(in_words, known.do)))
    remedy = str(alarm.remedy).replace("{", "{{").replace("}", "}}")  # it is no template of ours
    return Words("see the evidence: this rule has no longer text", "", (remedy,) if remedy else ())


def closes(alarm: Alarm) -> str:
    """When it will close."""
    return in_words(_FINDING) if alarm.kind is AlarmKind.FINDING else _CONDITION
