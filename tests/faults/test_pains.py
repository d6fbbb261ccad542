"""Each recurring failure of the platform is named by an alarm, shown, or said to be unseen; and something proves it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from aitbc_tui.collect.asker import Asker
from aitbc_tui.devnet.options import GENERATIONS
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.state.rulebook import RULES
from aitbc_tui.transport.host import HttpAnswer
from tests.faults.pains import PAINS, TRAPS, Known
from tests.faults.rows import ROWS
from tests.faults.test_table import begin, options
from tests.fixtures.simulated import bench, simulate

TESTS = Path(__file__).resolve().parents[1]
ALL = [
    pytest.param(row, id=f"{kind}-{row.number}") for kind, rows in (("pain", PAINS), ("trap", TRAPS)) for row in rows
]
# contract: platform 0.4, 0.8, 0.9, 2.1 and 4, node 2.2, coordinator Q2, Q8 and Q14
NEVER = (
    "/v1/admin/stats",
    "/v1/admin/status",
    "/v1/status",
    "/v1/sync-status",
    "/v1/supply",
    "/v1/validators",
    "/v1/explorer/blocks",
    "/v1/explorer/transactions",
    "/v1/explorer/addresses",
    "/v1/marketplace",
    "/v1/monitoring",
    "/metrics",
    "/openapi.json",
    "/rpc/export-chain",
    "/rpc/consensus",
    "/rpc/chains",
    "/rpc/network-info",
)


def test_the_contract_counts_twenty_pains_and_twenty_five_traps() -> None:
    assert [row.number for row in PAINS] == list(range(1, 21))
    assert [row.number for row in TRAPS] == list(range(1, 26))


@pytest.mark.parametrize("row", ALL)
def test_it_is_named_or_shown_or_said_to_be_unseen_and_proved(row: Known) -> None:
    assert row.rules or row.also or row.unseen
    assert set(row.rules) <= set(RULES), "an alarm of that name"
    assert row.proof, "nothing proves it"
    answered = set()
    for proof in row.proof:
        fault, at, generation = proof.partition("@")
        if at:
            found = [one for one in ROWS if (one.name, one.generation) == (fault, generation)]
            assert found, f"no row of the fault table: {proof}"
            answered.add(fault)
        else:
            path, _, name = proof.partition("::")
            assert name in functions(path), f"no test of that name: {proof}"
    assert answered <= set(row.rules), "what the rows prove is an alarm that the line names"


@cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("generation", GENERATIONS)
def test_what_blocks_or_lies_is_not_asked(generation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is asked in the first forty seconds, from probing to the slowest rhythm."""
    asked: set[str] = set()
    exchange = Asker.exchange

    async def noted(asker: Asker, host: str, base: str, ask: Ask) -> HttpAnswer:
        asked.add(ask.path)
        return await exchange(asker, host, base, ask)

    monkeypatch.setattr(Asker, "exchange", noted)

    async def watch() -> None:
        async with bench(tmp_path, options(generation)) as live:
            await begin(live)
            await live.wait(26.0)

    simulate(watch)
    assert {"/rpc/head", "/v1/admin/jobs", "/v1/explorer/receipts"} <= asked
    assert not [path for path in asked for never in NEVER if path.startswith(never)]
