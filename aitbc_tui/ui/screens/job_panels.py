"""The panels of a job's screen under its timeline: facts, prompt, output, its miner, its receipt, earlier jobs. Pure."""

from __future__ import annotations

from statistics import median

from aitbc_tui.domain.identity import Identity
from aitbc_tui.domain.order import describe_constraints
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.snapshot import JobRow, MinerRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.job_text import miner_of
from aitbc_tui.ui.screens.layout import body_lines, clock, pad, pair, right, section, text_lines, wrap

EARLIER = 5
NOT_OURS = Run("? not ours", Role.UNKNOWN)
_GOOD = (Level.GOOD, Level.RUNNING)


def who(identity: Identity | None, unmasked: bool) -> list[Run]:
    """A masked name and how to unmask it; unmasked, the id as it is."""
    if identity is None:
        return [Run(fmt.NONE)]
    if unmasked:
        return [Run(clean(identity.secret, 128), Role.WARN)]
    return [Run(pad(str(identity), max(13, len(identity) + 2) if False else max(13, len(str(identity)) + 2))), Run("masked, u shows", Role.MUTED)]
