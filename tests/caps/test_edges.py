"""Every limit of what comes in and of what is kept: taken whole at its edge, cut, dropped or refused one beyond it.

A limit that stands in the code and neither in `EDGES` nor in `ELSEWHERE` fails the last test.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import json
import re
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from ollama import ListResponse, ProcessResponse
from textual import events

from aitbc_tui.cli import replay
from aitbc_tui.collect import gpus, nvml, nvml_child, record_codec, run_progress
from aitbc_tui.collect.backend import CollectorBackend
from aitbc_tui.collect.ollama import reading as read_models
from aitbc_tui.collect.receipts import Verifier
from aitbc_tui.config import rules
from aitbc_tui.domain import order
from aitbc_tui.domain.alarm import Happening
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.identity import Identity, Role
from aitbc_tui.domain.node import MempoolReading, Transaction
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.stress import StressPlan
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import JobList
from aitbc_tui.operations import commands, envfile, message, pool_sync
from aitbc_tui.operations.stress import StressRun
from aitbc_tui.protocol import (
    coordinator,
    failures,
    git,
    hostprobe,
    jsondoc,
    jwt,
    minerlog,
    node,
    nodesettings,
    nvidia,
    ollama,
    platform,
    receiptdoc,
    requests,
    ss,
    systemd,
    unitmemory,
    wire,
)
from aitbc_tui.receipts import content, envelope, facts, jsontext, verify
from aitbc_tui.receipts.trust import TrustStore
from aitbc_tui.state import totals
from aitbc_tui.state.events import Kind
from aitbc_tui.state.facts import ReceiptItem, ReceiptPage
from aitbc_tui.state.journal import Journal
from aitbc_tui.state.pool import PoolMemory
from aitbc_tui.state.streaks import Answers
from aitbc_tui.state.topology import MinerFrame
from aitbc_tui.ui.screens.log_reading import LogReading
from aitbc_tui.ui.screens.typing_field import typed
from tests.fixtures import snapshots
from tests.state.story import Story, frame

ROOT = Path(__file__).resolve().parents[2]
Fits = Callable[[int], bool]


def mask(role: Role, secret: str) -> Identity:
    return Identity(role, SafeText("x"), secret)


def padded(body: str, size: int, by: str = " ") -> bytes:
    return (body + by * (size - len(body))).encode()


def taken(work: Callable[[int], object]) -> Fits:
    """Whether something of this size is taken without an error."""

    def fits(size: int) -> bool:
        try:
            return work(size) is not False
        except AitbcError:
            return False

    return fits


def listed(name: str, item: object, count: int) -> bytes:
    return json.dumps({name: [item] * count}).encode()


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


def gpu_line(index: int) -> str:
    return f"{index}, GPU-{index}, card, 1, 2, 3, 4, 5, 6, 7"


def sockets(folder: Path, lines: int, matching: int) -> bool:
    """The probe's own script on a list of sockets as long as wanted, of which so many are of our port."""
    head = "  sl  local_address rem_address   st\n"
    ours = "   0: 0100007F:1B9E 0100007F:D431 01 x\n"
    other = "   0: 0100007F:0016 0100007F:D431 01 x\n"
    (folder / "tcp").write_text(head + ours * matching + other * (lines - 1 - matching))
    script = hostprobe.probe_script([7070]).replace("/proc/net/", f"{folder}/")
    done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=30, check=True)
    hostprobe.parse_peers(done.stdout, 7070)
    return True


def cards_in_a_round(count: int) -> bool:
    async def lines() -> AsyncIterator[bytes]:
        for index in [*range(count), 0]:
            yield gpu_line(index).encode()

    async def first() -> int:
        async for cards in gpus.rounds(lines(), 0):
            return len(cards)
        return 0

    return asyncio.run(first()) == count


def computing(count: int) -> bool:
    card = SimpleNamespace(pid=1, usedGpuMemory=1)
    library = SimpleNamespace(nvmlDeviceGetComputeRunningProcesses=lambda handle: [card] * count)
    return len(nvml_child._processes(library, None)) == count


def verified_once(count: int) -> bool:
    verifier = Verifier(TrustStore(), mask)
    for number in range(count):
        verifier(b'{"receipt_id": "%d"}' % number)
    return len(verifier._done) == count


def blocks_asked(count: int) -> bool:
    asked: list[int] = []
    fake = SimpleNamespace(_begin=lambda work: work(SimpleNamespace(ask_blocks=asked.extend)))
    CollectorBackend.ask_blocks(fake, range(count))  # type: ignore[arg-type]
    return len(asked) == count


def closed_alarms(count: int) -> bool:
    from aitbc_tui.state.alarms import AlarmMemory, Rule, Sign

    rules = {f"r{number}": Rule(f"r{number}", "X", Level.BAD, clear_s=0.0) for number in range(count)}
    signs = [Sign(name, SafeText("x"), SafeText("e"), SafeText("r")) for name in rules]
    memory = AlarmMemory().after(signs, rules, 1.0, 1.0).after([], rules, 100.0, 100.0).after([], rules, 200.0, 200.0)
    return len(memory.closed) == count


def happened(count: int) -> bool:
    past = [
        Happening(float(n), Level.BAD, SafeText("w"), SafeText(f"a{n}"), SafeText("e"), SafeText(""))
        for n in range(count)
    ]
    return len(Journal().told(past).happenings) == count


def pending_seen(count: int) -> bool:
    txs = tuple(Transaction(SafeText(f"{n:x}"), SafeText("a"), SafeText("b"), 1, 1, n) for n in range(count))
    reading = MempoolReading(count, False, txs)
    return len(PoolMemory().after(reading, 1.0).seen) == count


def answers_kept(count: int) -> bool:
    answers = Answers()
    for number in range(count):
        answers = answers.seen(True, float(number))
    return len(answers.marks) == count


def heights_kept(count: int) -> bool:
    story = Story()
    for height in range(1, count + 1):  # without block 0, which is kept beside them
        story.block("genesis", height)
    return len(story.world.nodes["genesis"].hashes) == count


def jobs_remembered(count: int) -> bool:
    """Those that are listed no more are forgotten when there are too many."""
    story = Story()
    jobs = tuple(story.job(f"{number:04x}", "COMPLETED", 60.0) for number in range(count - 1))
    story.tell(Kind.JOBS, "coordinator", JobList(jobs, False))
    story.tell(Kind.JOBS, "coordinator", JobList((story.job("ffff", "QUEUED", 1.0),), False))
    return len(story.world.job_facts) == count


def gpu_minutes(count: int) -> bool:
    network = frame()
    story = Story(replace(network, hosts=tuple(replace(host, gpu=True) for host in network.hosts)))
    for _ in range(count):
        story.tell(Kind.GPUS, "genesis", (nvidia.parse_gpu_line(gpu_line(0).encode()),))
        story.now += 60.0
    return len(story.world.gpu_history["genesis:0"]) == count


def intervals_kept(count: int) -> bool:
    """The pace of each minute."""
    story, height = Story(), 0
    for _ in range(2 * (count + 1)):
        story.head("genesis", height := height + 2)
        story.wait(30.0)
    return len(story.world.nodes["genesis"].intervals) == count


def arrivals_kept(count: int) -> bool:
    story = Story()
    for height in range(count + 1):
        story.head("genesis", height)
        story.wait(2.0)
    return len(story.world.nodes["genesis"].arrivals) == count


def beats_kept(count: int) -> bool:
    story = Story()
    for _ in range(count):
        story.miners(story.miner("3f9a"))
        story.wait(60.0)
    return len(story.world.beats["miner·3f9a"]) == count


def used_cards(count: int) -> bool:
    """Jobs of which it is kept what the cards of their host did meanwhile."""
    network = frame()
    miners = (MinerFrame(SafeText("miner·3f9a"), "genesis", "aitbc-miner"),)
    story = Story(replace(network, hosts=tuple(replace(host, gpu=True) for host in network.hosts), miners=miners))
    story.jobs(*(story.job(f"{number:04x}", "RUNNING", miner="3f9a") for number in range(count)))
    story.tell(Kind.GPUS, "genesis", (nvidia.parse_gpu_line(gpu_line(0).encode()),))
    return len(story.world.gpu_during) == count


def declared(count: int) -> bool:
    line = f"Ollama models available: {', '.join(f'm{number}' for number in range(count))}"
    return len(minerlog.parse_miner_log([line]).models) == count


def kept_evidence(count: int) -> bool:
    state = run_progress.Progress(None, [])  # type: ignore[arg-type]
    state.evidence.extend([None] * count)  # type: ignore[list-item]
    return len(state.evidence) == count


def changes_kept(count: int) -> bool:
    story = Story()
    for height in range(count):
        story.head("genesis", height)
        story.wait(2.0)
    return len(story.world.nodes["genesis"].changes) == count


def receipts_kept(count: int) -> bool:
    story = Story()
    verifier = Verifier(TrustStore(), mask)
    bodies = [b'{"receipt_id": "%d"}' % number for number in range(count)]
    items = tuple(ReceiptItem(verifier(body), None) for body in bodies)
    story.tell(Kind.RECEIPTS, "coordinator", ReceiptPage(items))
    return len(story.world.book) == count


def log_lines(count: int) -> bool:
    app = SimpleNamespace(backend=SimpleNamespace(follow_log=lambda target, told: lambda: None))
    reading = LogReading(app, None, lambda new: None)  # type: ignore[arg-type]
    reading.lines.extend(SafeText("x") for _ in range(count))
    return len(reading.lines) == count


def typed_to(count: int) -> bool:
    value = ""
    for _ in range(count):
        value = typed(value, events.Key("x", "x")) or value
    return len(value) == count


def models_held(count: int) -> bool:
    tags = ListResponse(models=[{"model": "m"}] * count)
    return len(read_models(tags, ProcessResponse(models=[])).models) == count


def models_loaded(count: int) -> bool:
    return len(read_models(ListResponse(models=[]), ProcessResponse(models=[{"model": "m"}] * count)).loaded) == count


def blocks_read(count: int) -> bool:
    """Blocks that somebody looked at, each of them older than all that is kept anyway."""
    story = Story()
    for height in range(1, count + 1):
        story.block("genesis", height)
    return len(story.world.nodes["genesis"].read_at) == count


def jobs_uncapped(count: int) -> bool:
    """One less than the server lists at most: as many may be all, or not."""
    body = json.dumps({"items": [{"job_id": f"{n:032x}", "state": "QUEUED"} for n in range(count - 1)]}).encode()
    return not coordinator.parse_jobs(body, mask).capped


def waiting_compared(count: int) -> bool:
    items = [{"from": "a", "to": "b", "nonce": n} for n in range(count - 1)]
    return len(pool_sync._pool(json.dumps({"transactions": items}).encode())) == count - 1


def stress_of(count: int) -> None:
    field = SimpleNamespace(monotonic=lambda: 0.0, utc=lambda: 0.0)
    StressRun(StressPlan(("m",), count, "p"), field)  # type: ignore[arg-type]


def steps_of_a_recording(count: int) -> bool:
    """However long a recording says it is, only so many pictures are made of it; then one stands for more than 1 s."""
    sought: list[float] = []
    picture = snapshots.sound()

    def seek(at: float) -> Snapshot:
        sought.append(at)
        return picture

    long = SimpleNamespace(seconds=count * replay.STEP_S, seek=seek, environment="x", begun_utc=0.0)
    replay._described(long)  # type: ignore[arg-type]
    return sought[1] == replay.STEP_S


def text_of(limit: int, size: int) -> bool:
    return clean("x" * size, limit) == "x" * size


EDGES: dict[str, Fits] = {
    "collect.gpus.MAX_CARDS": cards_in_a_round,
    "collect.nvml.MAX_LINE": taken(lambda n: nvml.parse_line(padded('{"cards": []}', n), "h")),
    "collect.nvml_child.MOST_PROCESSES": computing,
    "cli.replay.MOST_STEPS": steps_of_a_recording,
    "collect.ollama.MAX_MODELS": taken(lambda n: models_held(n) and models_loaded(n)),
    "collect.receipts.KEPT": verified_once,
    "collect.record_codec.MAX_TEXT": lambda n: len(str(record_codec._decode("x" * n))) == n,
    "collect.run_progress.EVIDENCE_KEPT": lambda n: kept_evidence(n),
    "collect.backend.BLOCKS_AT_ONCE": blocks_asked,
    "config.rules.MOST_WATTS": lambda n: not rules.WATTS.problem([1, n]),
    "domain.order.COUNT_MAX": lambda n: not order._check_count(str(n)),
    "domain.order.PROMPT_MAX": lambda n: not order._check_prompt("x" * n),
    "domain.order.TTL_MAX": lambda n: not order._check_ttl(str(n), order.Pace()),
    "domain.order._NAME_MAX": lambda n: not order._check_name(order.OrderField.MODEL, "x" * n),
    "domain.stress.MOST_JOBS": taken(stress_of),
    "operations.commands.MAX_LINES": taken(lambda n: commands.journal("aitbc", n)),
    "operations.envfile._MAX_KEYS": taken(lambda n: envfile._parse(b"=key v\n" * n)),
    "operations.message.MAX_LENGTH": taken(lambda n: message.check_text("x" * n)),
    "operations.pool_sync.LIMIT": taken(waiting_compared),
    "protocol.coordinator.ADMIN_JOBS_LIMIT": jobs_uncapped,
    "protocol.failures.MAX_RETRY_AFTER_S": lambda n: failures._retry_after({"retry-after": str(n)}) == n,
    "protocol.failures.MAX_FIELDS": lambda n: "more" not in failures._fields([{"loc": ["x"], "msg": "m"}] * n),
    "protocol.failures._ERROR_BODY_BYTES": lambda n: failures.body_detail({}, padded('{"detail": "d"}', n)) == "d",
    "protocol.git.MAX_BYTES": taken(lambda n: git.parse_status(padded(f"# branch.oid {'a' * 40}\n", n, "\n"))),
    "protocol.hostprobe.MAX_OUTPUT_BYTES": taken(lambda n: hostprobe.parse_host_figures(padded("@end\n", n, "\n"))),
    "protocol.jsondoc.MAX_BYTES": taken(lambda n: jsondoc.parse_json(padded("[]", n))),
    "protocol.jsondoc.MAX_DEPTH": taken(lambda n: jsondoc.parse_json(b"[" * n + b"]" * n)),
    "protocol.jwt.MAX_LENGTH": lambda n: jwt.looks_like_token(f"a.{'b' * (n - 3)}."),
    "protocol.minerlog.MAX_MODELS": declared,
    "protocol.node.BLOCK_MAX_BYTES": taken(lambda n: node.parse_blocks_range(padded('{"blocks": []}', n))),
    "protocol.node.MAX_CHAINS": lambda n: (
        len(
            node.parse_node_health(
                json.dumps({"status": "ok", "supported_chains": ["c"] * n}).encode()
            ).supported_chains
        )
        == n
    ),
    "protocol.node.MAX_TRANSACTIONS": taken(lambda n: node.parse_mempool(listed("transactions", {}, n), 100)),
    "protocol.node.MEMPOOL_MAX_BYTES": taken(lambda n: node.parse_mempool(padded('{"transactions": []}', n), 100)),
    "protocol.nodesettings.MAX_BYTES": taken(
        lambda n: nodesettings.parse_settings(b"@read\n" + b"\n" * (n - 10) + b"@end")
    ),
    "protocol.nvidia.MAX_BYTES": taken(lambda n: nvidia.parse_gpus(padded(f"{gpu_line(0)}\n", n, "\n"))),
    "protocol.nvidia.MAX_GPUS": taken(lambda n: nvidia.parse_gpus("\n".join(map(gpu_line, range(n))).encode())),
    "protocol.nvidia.MAX_LINE": taken(lambda n: nvidia.parse_gpu_line(padded(gpu_line(0), n))),
    "protocol.nvidia.MAX_PROCESSES": lambda n: (
        len(nvidia.parse_processes(b"GPU-0, 7, x, 9\n" * n).get("GPU-0", ())) == n
    ),
    "protocol.ollama.MAX_MODELS": taken(lambda n: ollama.parse_tags(listed("models", {"name": "m"}, n))),
    "protocol.platform.MAX_OWN_JOBS": taken(
        lambda n: platform.parse_own_jobs(listed("items", {"job_id": "a", "state": "QUEUED"}, n), mask)
    ),
    "protocol.receiptdoc.MAX_BYTES": taken(lambda n: receiptdoc.parse_receipts(padded('{"items": []}', n))),
    "protocol.receiptdoc.MAX_DEPTH": taken(lambda n: receiptdoc.parse_receipt(nested(n))),
    "protocol.receiptdoc.MAX_RECEIPTS": taken(lambda n: receiptdoc.parse_receipts(listed("items", {}, n))),
    "protocol.requests.EXPLORER_LIMIT": taken(lambda n: requests.explorer_receipts(n, 0)),
    "protocol.requests.MAX_RANGE": taken(lambda n: requests.blocks_range(1, n)),
    "protocol.ss.MAX_BYTES": taken(lambda n: ss.parse_ss(padded("\n", n, "\n"), 7070)),
    "protocol.systemd.MAX_BYTES": taken(lambda n: systemd.parse_show(padded("Id=a.service\n", n, "\n"), None)),
    "protocol.systemd.MAX_UNITS": taken(lambda n: systemd.show_argv(["aitbc"] * n)),
    "protocol.unitmemory.MAX_BYTES": taken(lambda n: unitmemory.parse_memory(padded("@end\n", n, "\n"))),
    "protocol.wire.MAX_ITEMS": taken(lambda n: wire.bounded([0] * n, "x")),  # type: ignore[type-var]
    "receipts.content._MAX_NUMBER_CHARS": lambda n: content._decimal(f"1.{'0' * (n - 2)}") is not None,
    "receipts.envelope.MAX_RECEIPTS": taken(lambda n: envelope.find_receipts(listed("items", {"receipt_id": "a"}, n))),
    "receipts.envelope._MAX_ENVELOPES": taken(
        lambda n: envelope.find_receipts(b"[" * n + b'{"receipt_id": "a"}' + b"]" * n)
    ),
    "receipts.verify.MAX_ATTESTATIONS": lambda n: (
        len(verify._attestations({verify.ATTESTATIONS: [None] * n}, b"")) == n
    ),
    "receipts.facts.MAX_TIME": lambda n: facts._integer({"t": n - 1}, "t") is not None,
    "receipts.jsontext.MAX_BYTES": taken(lambda n: jsontext.decode(b" " * n)),
    "receipts.jsontext.MAX_DEPTH": taken(lambda n: jsontext.parse(f"{'[' * n}1{']' * n}")),
    "receipts.jsontext.MAX_DIGITS": taken(lambda n: jsontext.parse("1" * n)),
    "state.alarms.CLOSED_KEPT": closed_alarms,
    "state.journal.KEPT": happened,
    "state.pool.SEEN_KEPT": pending_seen,
    "state.reduce_nodes.CHANGES_KEPT": changes_kept,
    "state.reduce.RECEIPTS_KEPT": receipts_kept,
    "state.reduce_nodes.HEIGHTS_KEPT": heights_kept,
    "state.reduce.JOBS_KEPT": jobs_remembered,
    "state.gpu_during.KEPT": used_cards,
    "state.reduce_nodes.READ_KEPT": blocks_read,
    "state.miners.BEATS_KEPT": beats_kept,
    "state.reduce_nodes.ARRIVALS_KEPT": arrivals_kept,
    "state.reduce_nodes.INTERVALS_KEPT": intervals_kept,
    "state.reduce_hosts.MINUTES_KEPT": gpu_minutes,
    "state.streaks.ANSWERS_KEPT": answers_kept,
    "state.totals._MAX_CHARS": lambda n: totals.decimal_of(f"1.{'0' * (n - 2)}") is not None,
    "ui.screens.log_reading.KEPT": log_lines,
    "ui.screens.typing_field.LONGEST": typed_to,
}


def value_of(name: str) -> int:
    module, _, constant = f"aitbc_tui.{name}".rpartition(".")
    return int(getattr(importlib.import_module(module), constant))


@pytest.mark.parametrize("name", EDGES)
def test_at_its_edge(name: str) -> None:
    limit, fits = value_of(name), EDGES[name]
    assert fits(limit), f"{limit} is within {name}"
    assert not fits(limit + 1), f"{limit + 1} is beyond {name}"


@pytest.mark.parametrize("limit", [1, 2, 256, 4096])
def test_a_text_is_cut_at_its_limit(limit: int) -> None:
    assert text_of(limit, limit) and not text_of(limit, limit + 1)
    assert len(clean("x" * (limit + 1), limit)) == limit


def test_the_sockets_of_a_host(tmp_path: Path) -> None:
    lines, printed = hostprobe.MAX_TCP_LINES, hostprobe.MAX_PRINTED
    assert sockets(tmp_path, lines, 1) and sockets(tmp_path, printed + 1, printed)
    for count, matching in ((lines + 1, 1), (printed + 2, printed + 1)):
        with pytest.raises(AitbcError, match="too many sockets"):
            sockets(tmp_path, count, matching)


# Limits whose edges other tests stand on.
ELSEWHERE = {
    "cli.logs.MAX_BYTES": "caps/test_files.py",
    "cli.receipts.MAX_BYTES": "caps/test_files.py",
    "cli.statuscache.MAX_BYTES": "caps/test_files.py",
    "collect.record.MAX_BYTES": "caps/test_files.py",
    "collect.replay.MAX_LINE": "caps/test_files.py",
    "collect.replay.MAX_UNPACKED": "caps/test_files.py",
    "config.load.MAX_BYTES": "caps/test_files.py",
    "config.secrets.MAX_BYTES": "caps/test_files.py",
    "ledger.diary.KEPT": "caps/test_files.py",
    "ledger.memory.MAX_VARIANTS": "ledger/test_ledger.py",
    "protocol.hostprobe.MAX_PRINTED": "caps/test_edges.py",
    "protocol.hostprobe.MAX_TCP_LINES": "caps/test_edges.py",
    "state.departures.KEPT": "instruments/test_transactions.py",
    "transport.connect._MAX_HOPS": "caps/test_login.py",
    "transport.keys._MAX_KEY_BYTES": "caps/test_login.py",
    "transport.proxy._KEPT": "caps/test_login.py",
    "ui.palette._MOST": "caps/test_palette.py",
    "transport.child._STDERR_TAIL": "caps/test_streams.py",
    "transport.shell._GREETING_CAP": "caps/test_streams.py",
    "ui.inorder.MOST": "ui/test_inorder.py",
    "ui.keys.MAX_BYTES": "ui/test_own_keys.py",
}
# What bears such a name and guards against nothing that others send or write, and why that is so.
NO_LIMITS = {
    "cli.blocks.MOST": "what an operator may ask for by an option; more is a mistake in the command line",
    "cli.job.NOT_KEPT": "a sentence",
    "cli.jobs.MAX_LIMIT": "what an operator may ask for: the coordinator lists no more",
    "cli.mempool.DEFAULT_LIMIT": "what is asked for where nothing else was",
    "cli.mempool.MAX_LIMIT": "what an operator may ask for; the answer has its own: protocol.node.MAX_TRANSACTIONS",
    "cli.receiptlist.DEFAULT_LIMIT": "what is asked for where nothing else was",
    "cli.receiptlist.MAX_LIMIT": "what an operator may ask for; the answer has its own: receiptdoc.MAX_RECEIPTS",
    "cli.tx.DEPTH": "how far back is searched where nothing else was asked for",
    "collect.blocks.DEPTH": "how far back is searched where nothing else was asked for",
    "collect.blocks.MAX_DEPTH": "how far back an operator may have a chain searched",
    "collect.instruments.DEPTH": "how far back a screen searches a chain",
    "collect.masking.SALT_BYTES": "the least, not the most: a shorter key for masks is refused",
    "collect.nodes.MEMPOOL_LIMIT": "what is asked for; the answer has its own: protocol.node.MAX_TRANSACTIONS",
    "operations.backup.KEPT": "how many of our own backups stay on a node",
    "operations.backup.SPARE_BYTES": "what has to stay free on a node's disk after a backup",
    "operations.export.PART_BYTES": "where what we write ourselves is split over two files",
    "operations.large.ENOUGH_BYTES": "the least that says anything of large answers",
    "operations.large.SSH_BYTES": "what we print ourselves to see whether it comes",
    "protocol.platform_requests.OWN_JOBS_LIMIT": "what is asked for; the answer has its own: platform.MAX_OWN_JOBS",
    "protocol.requests.MEMPOOL_DEFAULT_LIMIT": "what a node lists where no number is asked for",
    "state.attention.NEAR_LIMIT": "a share of a unit's own memory limit, from which on it is looked at more often",
    "state.gpus.MODEL_BYTES": "the least that a card holds with a model on it",
    "transport.http.MAX_CONNECTIONS": "how many connections we open ourselves; who asks more waits",
    "ui.screens.connections_servers.MOST": "lines shown of what is bounded; the rest is counted in words",
    "ui.screens.miner.MOST_UNITS": "units read of a miner that the configuration names",
    "ui.screens.node_settings.MOST_SETTINGS": "lines shown of settings, whose answer has nodesettings.MAX_BYTES",
    "ui.screens.node_host.NEAR_LIMIT": "a share of a unit's own memory limit, from which on it is marked",
}
# Sizes that are handed to the host that reads: there they are kept (test_streams.py), and here that they are handed on.
HANDED_ON = {
    "cli.fromhost.MAX_BYTES": "max_bytes",
    "cli.journal.MAX_BYTES": "max_bytes",
    "cli.journal.MAX_LINE": "max_line",
    "collect.gpus.MAX_LINE": "max_line",
    "collect.hosts.MAX_BYTES": "max_bytes",
    "collect.journal.MAX_LINE": "max_line",
    "collect.ollama.MAX_BYTES": "max_bytes",
    "operations.field.MAX_BYTES": "max_bytes",
}
_LIMIT = re.compile(r"^_?(MAX|MOST|KEPT|LIMIT|LONGEST|DEPTH)(_|$)|_(MAX|KEPT|LIMIT|CAP|BYTES|AT_ONCE|TAIL)$")


def limits_of_the_code() -> set[str]:
    found = set()
    for path in (ROOT / "aitbc_tui").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT / "aitbc_tui").with_suffix("").parts)
        for statement in ast.parse(path.read_text()).body:
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            found |= {f"{module}.{name}" for name in names if _LIMIT.search(name) and not name.endswith("_S")}
    return {name for name in found if not name.startswith("devnet.")}


def test_every_limit_of_the_code_is_known() -> None:
    known = {*EDGES, *ELSEWHERE, *NO_LIMITS, *HANDED_ON}
    assert len(known) == len(EDGES) + len(ELSEWHERE) + len(NO_LIMITS) + len(HANDED_ON), "one place for each"
    found = limits_of_the_code()
    found |= {name for name in EDGES if name.endswith(("_S", "TTL_MAX"))}
    assert found - known == set(), "a new limit needs its edge"
    assert known - found == set(), "gone from the code"
    for name, file in ELSEWHERE.items():
        assert name.rpartition(".")[2] in (ROOT / "tests" / file).read_text(), f"{file} does not speak of {name}"


CALLS = {"request", "run", "shell", "stream", "httpx_transport"}


def test_a_size_that_is_handed_on_is_handed_to_every_call() -> None:
    """Every call of such a module that reads from a host names its limit, by this constant."""
    for module in sorted({name.rpartition(".")[0] for name in HANDED_ON}):
        words = {name.rpartition(".")[2]: word for name, word in HANDED_ON.items() if name.rpartition(".")[0] == module}
        tree = ast.parse((ROOT / "aitbc_tui" / f"{module.replace('.', '/')}.py").read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        handed = {
            (keyword.arg, name.id)
            for call in calls
            if isinstance(call.func, ast.Attribute) and call.func.attr in CALLS
            for keyword in call.keywords
            for name in ast.walk(keyword.value)
            if isinstance(name, ast.Name)
        }
        assert {(word, constant) for constant, word in words.items()} <= handed, module
