"""What the alarms of chain and mempools mean. Our own words."""

from __future__ import annotations

from aitbc_tui.ui.screens.alarm_template import Words

CHAIN: dict[str, Words] = {
    "fork": Words(
        "{about} has another block than {others} at the same height. It cannot come back by itself.",
        "This is not lag: a lagging node has the same hashes, only fewer of them.",
        (
            "Tell nobody to use {about}: balances and transactions there after {since} are not those of the chain.",
            "Find who made its blocks: Enter both chains, `l` its log at {since}. {maker}",
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
        ("`o` syncs the missing blocks from {source}.", "An unpatched follower wedges again at the next transaction."),
    ),
    "lag": Words(
        "{about} has the same chain as {source}, and fewer blocks of it.",
        "This is not a fork: at the common height both have the same hash.",
        ("Wait while it closes; the note of pane `1` says how fast.", "If it does not close, `o` syncs the rest."),
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
        "{about} does not know which chain is meant where the question names none: its environment has no chain_id.",
        "It is not empty: asked for the chain by name, it answers.",
        ("Set chain_id in its environment file: `o` sync configuration shows what differs.", "Then restart its unit."),
    ),
    "late-join": Words(
        "{about} joined after the first block and waits for one that nobody sends any more.",
        "It will not catch up by itself: gossip carries only new blocks.",
        ("Copy the chain database from {source} by hand, then start it.",),
    ),
    "other-chain": Words(
        "{about} has no block of the chain that it was asked for.",
        "This is not an empty node: it may have blocks of another chain.",
        ("Compare chain_id in the configuration here with that of the node.",),
    ),
    "redis-down": Words(
        "No block reaches {about} any more, though {source} makes empty ones that no importer refuses.",
        "Each node by itself may be fine: gossip goes through Redis, and nobody subscribes again after it was away.",
        ("Look at redis on the host of gossip_broadcast_url.", "Then restart the node units."),
    ),
    "mempool-flood": Words(
        "Transactions come faster than blocks can take them.",
        "This is not a stopped producer: it drains, and not fast enough.",
        ("Look at the senders of the newest (`2`).", "Raise the fee of what must go first."),
    ),
    "mempool-stuck": Words(
        "Transactions wait in the producer's pool longer than a few blocks.",
        "A follower's pool never drains: it is not counted here.",
        ("Does the producer make blocks (1)?", "Enter on pane 2 shows the oldest."),
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
}
