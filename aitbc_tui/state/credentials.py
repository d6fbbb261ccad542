"""Whether each configured credential works, by what was asked with it. Never the credential itself."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.snapshot import CredentialRow
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.facts import World


def credential_rows(world: World) -> tuple[CredentialRow, ...]:
    """The configured credentials with what is known of each; the miner's key is never used by this program."""
    return tuple(_judged(world, row) for row in world.topology.credentials)


def _judged(world: World, row: CredentialRow) -> CredentialRow:
    if row.verdict.level is not Level.COMING:
        return row
    match row.role:
        case "admin":
            return _seen(row, world.jobs.at is not None, world.jobs.trouble)
        case "client":
            views = [facts.view for facts in world.job_facts.values()]
            worked = any(view.at is not None for view in views)
            return _seen(row, worked, next((view.trouble for view in views if view.trouble), None))
    return replace(row, verdict=Verdict(Level.NONE, SafeText("not used"), SafeText("nothing here needs it")))


def _seen(row: CredentialRow, worked: bool, trouble: Trouble | None) -> CredentialRow:
    if trouble is not None and trouble.kind is TroubleKind.REFUSED:
        return replace(row, verdict=Verdict(Level.REFUSED, SafeText("refused"), trouble.detail))
    if worked:
        return replace(row, verdict=Verdict(Level.GOOD, SafeText("works")))
    return row
