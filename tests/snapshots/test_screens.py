"""Pictures of every screen that opens from the dashboard, at the three sizes; a change of a cell is a change here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from textual.pilot import Pilot

from aitbc_tui.domain.order import OrderField, OrderFields
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.submit_drafts import keep
from aitbc_tui.ui.screens.submit_state import FormState
from tests.fixtures import details
from tests.ui.screens.promises import PromisingBackend, app_on

SIZES = [(80, 24), (120, 40), (200, 60)]
FILLED = OrderFields(model="llama3.2:latest", prompt="Explain quantum computing in three\nsentences, for an engine")


class Shot(NamedTuple):
    snapshot: Callable[[], Snapshot]
    open: Callable[[AitbcApp], None]
    keys: tuple[str, ...] = ()


def _form(fields: OrderFields, focus: OrderField) -> Callable[[AitbcApp], None]:
    def show(app: AitbcApp) -> None:
        keep(app, FormState(fields).at(focus))
        registry.open_submit(app)

    return show


def _receipt(app: AitbcApp) -> None:
    registry.open_receipt(app, app.current.receipts[0].receipt)


SHOTS = {
    "form-empty": Shot(details.sound_network, registry.open_submit),
    "form-error": Shot(
        details.sound_network,
        _form(FILLED, OrderField.TTL),
        ("backspace", "backspace", "backspace", "3", "0"),
    ),
    "form-constraints": Shot(
        details.sound_network, _form(FILLED, OrderField.COUNT), ("x", "tab", "tab", "tab", *"4090")
    ),
    "form-models": Shot(details.sound_network, _form(FILLED, OrderField.MODEL), ("down", "down")),
    "editor": Shot(details.sound_network, _form(FILLED, OrderField.PROMPT), ("ctrl+e",)),
    "preview": Shot(details.sound_network, _form(FILLED, OrderField.MODEL), ("ctrl+g",)),
    "preview-observe": Shot(
        lambda: details.sound_network(Access.OBSERVE), _form(FILLED, OrderField.MODEL), ("ctrl+g",)
    ),
    "job-stuck": Shot(details.bad_network, lambda app: registry.open_job(app, details.STUCK)),
    "job-done": Shot(
        lambda: details.bad_network(Access.SUBMIT), lambda app: registry.open_job(app, details.DONE), ("p",)
    ),
    "job-foreign": Shot(details.bad_network, lambda app: registry.open_job(app, details.FOREIGN)),
    "receipt-untrusted": Shot(details.trust_network, _receipt),
    "receipt-valid": Shot(lambda: details.trust_network(details.receipt()), _receipt),
    "receipt-failed-inside": Shot(lambda: details.trust_network(details.failed_inside()), _receipt),
    "cancel": Shot(lambda: details.bad_network(Access.SUBMIT), lambda app: registry.open_cancel(app, details.STUCK)),
    "connections": Shot(details.bad_network, registry.open_connections, ("j",)),
    "help": Shot(details.bad_network, registry.open_help),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SHOTS)
def test_screen(name: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    shot = SHOTS[name]
    app = app_on(PromisingBackend(shot.snapshot()))

    async def before(pilot: Pilot[int]) -> None:
        shot.open(app)
        await pilot.pause()
        await pilot.press(*shot.keys)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)
