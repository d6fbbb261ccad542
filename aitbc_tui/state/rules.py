"""The rules watched, and the signs of them in the rows of one moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aitbc_tui.domain.alarm import AlarmKind
from aitbc_tui.domain.figures import coarse_age, money, thousands
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.domain.snapshot import Chain, GpuRow, JobRow, LinkRow, MempoolRow, MinerRow, NodeRow, ReceiptRow
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.alarms import Rule, Sign
from aitbc_tui.state.facts import World

_FINDING = AlarmKind.FINDING
_ALL = (
    Rule("fork", "FORK", Level.BAD, _FINDING),
    Rule("hollow", "HOLLOW", Level.BAD, hold_s=2.0),
    Rule("stall", "STALLED", Level.BAD),
    Rule("wedge", "WEDGED", Level.BAD, hold_s=2.0),
    Rule("follower-down", "DOWN", Level.BAD, hold_s=2.0),
    Rule("job-stuck", "STUCK", Level.BAD),
    Rule("miner-gone", "SILENT", Level.BAD),
    Rule("gpu-lost", "LOST", Level.BAD),
    Rule("receipt-bad", "TRUST", Level.BAD, _FINDING),
    Rule("receipt-attacker-key", "TRUST", Level.BAD, _FINDING),
    Rule("receipt-unsigned", "TRUST", Level.WARN, _FINDING),
    Rule("job-fails-completed", "BILLED", Level.BAD, _FINDING),
    Rule("model-substituted", "model", Level.WARN, _FINDING),
    Rule("receipt-duplicate", "duplicate", Level.WARN, _FINDING),
    Rule("ssh-hostkey-changed", "HOST KEY", Level.BAD, _FINDING),
    Rule("lag", "lag", Level.WARN, hold_s=6.0),
    Rule("height-ahead", "ahead", Level.WARN, hold_s=6.0),
    Rule("no-blocks", "no blocks", Level.WARN, hold_s=10.0),
    Rule("rpc", "unheard", Level.WARN),
    Rule("unit-down", "unit down", Level.WARN, hold_s=2.0),
    Rule("link", "link", Level.WARN, hold_s=2.0),
    Rule("host-key", "host key", Level.WARN),
    Rule("login", "login", Level.WARN),
    Rule("miner-late", "late", Level.WARN, hold_s=5.0),
    Rule("job-waits", "waits", Level.WARN, hold_s=10.0),
    Rule("job-overdue", "overdue", Level.WARN),
    Rule("mempool-slow", "mempool", Level.WARN, hold_s=4.0),
    Rule("coordinator", "no answer", Level.WARN, hold_s=2.0),
    Rule("ollama-down", "ollama", Level.WARN, hold_s=5.0),
    Rule("poison-receipt", "unreadable", Level.WARN, hold_s=10.0),
)
RULES = {rule.name: rule for rule in _ALL}


def _sign(rule: str, about: str, evidence: str, remedy: str, check: str = "") -> Sign:
    return Sign(rule, SafeText(about), SafeText(evidence), SafeText(remedy), SafeText(check))


_NODE_RULES = {
    "WEDGED": ("wedge", "o: sync from the producer"),
    "STALLED": ("stall", "l: the producer's log, then its unit"),
    "HOLLOW": ("hollow", "copy the chain database; no sync repairs"),
    "DOWN": ("follower-down", "l: its log, then start the unit"),
    "lag": ("lag", "wait; if it does not close, o: sync"),
    "ahead": ("height-ahead", "Enter: who proposed its blocks?"),
    "no blocks": ("no-blocks", "chain_id set? joined too late?"),
    "unit down": ("unit-down", "l: its log, then start the unit"),
}


def node_signs(rows: Iterable[NodeRow], chain: Chain, now: float) -> Iterator[Sign]:
    for row in rows:
        word = str(row.verdict.word)
        if chain.fork is not None and row.name in chain.fork.nodes:
            common = chain.fork.last_common
            last = thousands(common) if common is not None else "not found yet"
            text = f"other hash at {thousands(chain.fork.height)}, last common {last}"
            yield _sign(
                "fork", row.name, text, "Enter: both chains. Never syncs", f"curl RPC/blocks/{chain.fork.height}"
            )
        elif word in _NODE_RULES:
            rule, remedy = _NODE_RULES[word]
            yield _sign(rule, row.name, row.verdict.text, remedy)
        elif word.startswith("stale") and row.head.trouble is not None:
            yield _sign("rpc", row.name, f"RPC: {row.head.trouble.detail}", "wait, or r: try now")


def link_signs(rows: Iterable[LinkRow], now: float) -> Iterator[Sign]:
    for row in rows:
        if row.verdict.level in (Level.GOOD, Level.COMING):
            continue
        if row.host_key_problem:
            rule = "ssh-hostkey-changed" if row.verdict.level is Level.BAD else "host-key"
            yield _sign(rule, row.host, row.detail, row.remedy or "compare, then pin or refuse")
        elif row.verdict.level is Level.REFUSED:
            yield _sign("login", row.host, row.detail, row.remedy)
        elif row.detail:
            wait = "" if row.next_try_at is None else f", next try in {max(0, int(row.next_try_at - now))} s"
            yield _sign("link", row.host, f"SSH: {row.detail}{wait}", "wait, or r: try now")


def miner_signs(rows: Iterable[MinerRow]) -> Iterator[Sign]:
    for row in rows:
        if row.verdict.level is Level.BAD:
            yield _sign("miner-gone", row.miner.identity.label, row.verdict.text, "l: its log, then its unit")
        elif row.verdict.level is Level.WARN:
            yield _sign("miner-late", row.miner.identity.label, row.verdict.text, "watch: it may come back")


def job_signs(rows: Iterable[JobRow]) -> Iterator[Sign]:
    for row in rows:
        about, word = row.job.job_id[:8], row.verdict.word
        if word == "STUCK":
            on = f" on {row.job.miner.label}" if row.job.miner else ""
            yield _sign("job-stuck", about, f"{row.verdict.text}{on}", "l: miner log, then cancel")
        elif word == "FAILED" and row.receipt is not None and row.receipt.facts.price:
            text = f"COMPLETED, result.status failed, price {money(row.receipt.facts.price)}"
            yield _sign("job-fails-completed", about, text, "Enter: result and receipt")
        elif word == "overdue":
            yield _sign("job-overdue", about, row.verdict.text, "the owner's key settles it")
        elif word == "queued" and row.verdict.level is Level.WARN:
            text = f"waits {coarse_age(row.age_s)}: {row.verdict.text}"
            yield _sign("job-waits", about, text, "3: are the miners alive?")
        elif row.ours and row.verdict.level is Level.WARN and row.model_used and row.model_used != row.model_asked:
            text = f"asked {row.model_asked}, ran {row.model_used}"
            yield _sign("model-substituted", about, text, "n: choose a model a miner holds")


def receipt_signs(rows: Iterable[ReceiptRow]) -> Iterator[Sign]:
    for row in rows:
        about = row.receipt.facts.job_id[:8]
        match row.receipt.verdict:
            case ReceiptVerdict.UNTRUSTED_KEY:
                text = "verifies, but under a key nobody pinned"
                yield _sign("receipt-attacker-key", about, text, "v: compare keys before you pin")
            case ReceiptVerdict.UNSIGNED:
                yield _sign("receipt-unsigned", about, row.receipt.reason, "ask the coordinator's operator")
            case ReceiptVerdict.VALID:
                if row.duplicate:
                    yield _sign("receipt-duplicate", about, "two receipts name this job", "6: compare both")
            case _:
                yield _sign("receipt-bad", about, f"{row.receipt.verdict.value}: {row.receipt.reason}", "do not pay it")


def mempool_signs(rows: Iterable[MempoolRow]) -> Iterator[Sign]:
    for row in rows:
        if row.drains and row.verdict.level is Level.WARN and row.verdict.word == "waits long":
            yield _sign("mempool-slow", row.name, row.verdict.text, "1: does the producer make blocks?")


def other_signs(world: World, gpus: Iterable[GpuRow], now: float) -> Iterator[Sign]:
    for row in gpus:
        if row.reading.lost:
            yield _sign("gpu-lost", row.name, row.verdict.text, "reset or reboot its host")
    for host, seen in world.ollamas.items():
        link = world.links.get(host)
        reached = link is not None and link.state in ("up", "local")
        if seen.trouble is not None and reached and seen.trouble.kind.value != "absent":
            yield _sign("ollama-down", host, f"Ollama: {seen.trouble.detail}", "systemctl status ollama")
    for what, figure in (("queue", world.jobs), ("miners", world.miners), ("receipts", world.receipts)):
        if figure.trouble is None or figure.at is None:
            continue
        if figure.freshness(now) is Freshness.STALE:
            yield _sign("coordinator", what, figure.trouble.detail, "l: the coordinator's log")
    page = world.receipts.value
    if page is not None and page.skipped:
        yield _sign("poison-receipt", "receipts", f"{page.skipped} receipts answer 500", "known: a lone surrogate")
