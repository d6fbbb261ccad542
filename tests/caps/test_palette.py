"""Ids that the palette offers at once: as many as can be read, and how many more there are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.ui.palette import _MOST, Commands
from tests.fixtures import details, snapshots
from tests.fixtures.detail_receipts import receipt
from tests.ui.backends import app_for


def jobs_that_begin_so(count: int) -> Snapshot:
    row = replace(snapshots.live_jobs()[0], receipt=None)
    rows = tuple(replace(row, job=replace(row.job, job_id=SafeText(f"abcd{number:028x}"))) for number in range(count))
    return replace(snapshots.sound(), jobs=rows, receipts=())


def receipts_that_begin_so(count: int) -> Snapshot:
    rows = details.bad_network().receipts
    made = tuple(
        replace(rows[0], receipt=replace(one, facts=replace(one.facts, receipt_id=SafeText(f"abcd{number:028x}"))))
        for number, one in ((number, receipt()) for number in range(count))
    )
    return replace(snapshots.sound(), jobs=(), receipts=made)


@pytest.mark.parametrize("begin_so", [jobs_that_begin_so, receipts_that_begin_so])
@pytest.mark.parametrize("beyond", [0, 1, 500])
async def test_ids_that_begin_so(begin_so: object, beyond: int) -> None:
    assert callable(begin_so)
    app = app_for(begin_so(_MOST + beyond))
    async with app.run_test(size=(120, 40)):
        hits = [hit async for hit in Commands(app.screen).search("abcd")]
    offered = [hit for hit in hits if "abcd" in str(hit.text)]
    assert len(offered) == _MOST
    assert {hit.help for hit in offered} == {f"open it; {beyond} more begin so: type on" if beyond else "open it"}
