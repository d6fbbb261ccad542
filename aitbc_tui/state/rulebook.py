"""The rules watched: name, word of the state column, how bad, which kind, how long to hold and to clear, what to do.

Where the devnet has a fault for it, the rule has the fault's name.
"""

from __future__ import annotations

from aitbc_tui.domain.alarm import AlarmKind
from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.alarms import Rule

_FINDING = AlarmKind.FINDING
_BAD, _WARN = Level.BAD, Level.WARN

_ALL: tuple[tuple[Rule, str], ...] = (
    # the chain
    (Rule("fork", "FORK", _BAD, _FINDING), "Enter: both chains. Never syncs"),
    (Rule("genesis-mismatch", "GENESIS", _BAD), "compare both genesis.json"),
    (Rule("hollow", "HOLLOW", _BAD, hold_s=2.0), "copy the database, no sync helps"),
    (Rule("stall", "STALLED", _BAD), "l: its log, then its unit"),
    (Rule("not-producing", "STALLED", _BAD), "which program runs in its unit?"),
    (Rule("producer-dead", "STALLED", _BAD), "l: its log, then start the unit"),
    (Rule("wedge", "WEDGED", _BAD, hold_s=4.0), "o: sync from the producer"),
    (Rule("redis-down", "CUT OFF", _BAD, hold_s=4.0), "Redis up, then restart the nodes"),
    (Rule("lag", "lag", _WARN, hold_s=12.0), "wait; if it stays, o: sync"),
    (Rule("height-ahead", "ahead", _WARN, hold_s=6.0), "Enter: who proposed its blocks?"),
    (Rule("height-back", "BACK", _BAD, _FINDING), "l: who replaced its database?"),
    (Rule("late-join", "empty", _WARN, hold_s=6.0), "copy the database, then start it"),
    (Rule("no-blocks", "empty", _WARN, hold_s=10.0), "genesis.json? chain_id set?"),
    (Rule("other-chain", "empty", _WARN, hold_s=6.0), "chain_id here or there is wrong"),
    (Rule("chain-id-unset", "chainid", _WARN, hold_s=11.0), "set chain_id in its environment"),
    (Rule("role-swapped", "role", _WARN, hold_s=4.0), "correct roles, or who produces"),
    (Rule("signer-mismatch", "SIGNER", _BAD, _FINDING), "compare the proposer's key"),
    # mempools
    (Rule("mempool-flood", "flooded", _WARN), "who sends? fees decide who waits"),
    (Rule("mempool-stuck", "mempool", _WARN, hold_s=8.0), "1: are blocks made?"),
    (Rule("tx-stuck", "tx", _WARN), "send it to the producer's RPC"),
    (Rule("tx-vanished", "TX GONE", _BAD, _FINDING, many="tx"), "can its sender pay? send it anew"),
    # nodes and hosts
    (Rule("follower-down", "DOWN", _BAD, hold_s=2.0), "l: its log, then start the unit"),
    (Rule("producer-down", "DOWN", _BAD, hold_s=2.0), "l: its log, then start the unit"),
    (Rule("importer-dead", "DOWN", _BAD, hold_s=2.0), "l: its log, then start the unit"),
    (Rule("unit-down", "unit", _WARN, hold_s=20.0), "l: its log, then start the unit"),
    (Rule("unit-crashloop", "CRASHES", _BAD, hold_s=2.0), "l: why it dies"),
    (Rule("rpc-down", "rpc", _WARN, hold_s=4.0), "l: the log of its RPC unit"),
    (Rule("rpc-hang", "HANGS", _BAD, hold_s=1.0), "o: restart its RPC unit"),
    (Rule("rpc-500", "broken", _WARN, hold_s=4.0), "l: the log of its RPC unit"),
    (Rule("disk-full", "DISK", _BAD), "make room; then check the chain"),
    (Rule("unit-memory", "memory", _WARN), "l: what grows? else it is killed"),
    (Rule("config-drift", "drift", _WARN), "o: sync configuration"),
    (Rule("p2p-partition", "p2p", _WARN, hold_s=11.0), "its p2p unit; port on both sides"),
    (Rule("clock-skew", "clock", _WARN, hold_s=2.0), "NTP there, or here"),
    # the way there
    (Rule("ssh-drop", "link", _WARN, hold_s=5.0), "wait, or r: try now"),
    (Rule("ssh-freeze", "frozen", _WARN, hold_s=1.0), "wait, or r: try now"),
    (Rule("reconnect-storm", "storm", _WARN, clear_s=8.0), "its sshd log; who else connects?"),
    (Rule("ssh-hostkey-changed", "HOSTKEY", _BAD, _FINDING), "compare, then pin or refuse"),
    (Rule("host-key", "hostkey", _WARN), "compare, then pin or refuse"),
    (Rule("login", "login", _WARN), "which key does that host accept?"),
    # the coordinator
    (Rule("coordinator-500", "BROKEN", _BAD, hold_s=3.0), "l: the coordinator's log"),
    (Rule("coordinator-down", "DOWN", _BAD, hold_s=3.0), "l: its log, then its unit"),
    (Rule("coordinator-slow", "slow", _WARN, hold_s=5.0), "its load; asked less meanwhile"),
    (Rule("db-down", "DB DOWN", _BAD, hold_s=1.0), "its database: disk? migration?"),
    (Rule("dies-after-500", "flaky", _WARN), "l: its log at the time of a 500"),
    (Rule("wrong-service", "wrong", _WARN, hold_s=4.0), "check url in the configuration"),
    (Rule("garbage-json", "garbage", _WARN, hold_s=4.0), "what answers there? a proxy?"),
    (Rule("huge-json", "huge", _WARN, hold_s=4.0), "what answers there?"),
    (Rule("error-in-200", "error", _WARN, hold_s=4.0), "l: its log"),
    (Rule("rate-limit", "limited", _WARN, hold_s=1.0), "fewer dashboards on this host"),
    (Rule("refused", "refused", _WARN, hold_s=4.0), "check the key of this role"),
    (Rule("token-expired", "token", _WARN), "renew the token"),
    # work
    (Rule("miner-gone", "SILENT", _BAD), "l: its log, then its unit"),
    (Rule("miner-flapping", "FLAPS", _BAD, clear_s=2.0), "l: why it dies"),
    (Rule("job-stuck", "STUCK", _BAD, hold_s=1.0), "l: miner log, then cancel"),
    (Rule("job-waits", "waits", _WARN, hold_s=10.0), "3: are the miners alive?"),
    (Rule("job-overdue", "overdue", _WARN, hold_s=4.0), "the owner's key settles it"),
    (Rule("job-fails-completed", "BILLED", _BAD, _FINDING, hold_s=12.0, many="jobs"), "Enter: result and receipt"),
    (Rule("model-substituted", "model", _WARN, _FINDING, many="jobs"), "n: choose a model a miner holds"),
    (Rule("late-result", "late", _WARN, _FINDING, many="jobs"), "Enter: result and receipt"),
    (Rule("gpu-lost", "LOST", _BAD), "reset or reboot its host"),
    (Rule("ollama-down", "ollama", _WARN, hold_s=1.0), "start Ollama on its host again"),
    (Rule("submission-unknown", "sent?", _WARN, _FINDING, many="jobs"), "4: listed? never send it twice"),
    (Rule("ledger", "ledger", _WARN), "mend it here: nothing is kept"),
    # money
    (Rule("receipt-bad", "TRUST", _BAD, _FINDING, many="receipts"), "do not pay it"),
    (Rule("receipt-attacker-key", "TRUST", _BAD, _FINDING, many="keys"), "v: compare keys before you pin"),
    (Rule("receipt-unsigned", "no sig", _WARN, _FINDING, many="receipts"), "ask the coordinator's operator"),
    (Rule("receipt-duplicate", "double", _WARN, _FINDING, many="jobs"), "6: compare both"),
    (Rule("escrow-stuck", "ESCROW", _BAD, hold_s=10.0), "ask for the refund, only once"),
    (Rule("paid-unsettled", "UNPAID", _BAD), "look for it on the chain"),
)
RULES: dict[str, Rule] = {rule.name: rule for rule, _ in _ALL}
REMEDIES: dict[str, str] = {rule.name: remedy for rule, remedy in _ALL}
