"""The shipped miner's own log: its card and its models, which it declares once, at its start, and no API returns."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aitbc_tui.domain.text import clean
from aitbc_tui.domain.work import MinerSaid

MAX_MODELS = 200
# Seen in the sources of 2026-02, 2026-04 and 2026-08 alike: one line for the card, one for the models.
_CARD = re.compile(r"GPU detected: (.{1,80}?) \((\d{1,9}) ?M(?:i?B)\)")
_MODELS = re.compile(r"Ollama (?:models available|running with models): (.{1,4000})$")


def parse_miner_log(lines: Iterable[str]) -> MinerSaid:
    """What the newest of these lines say, oldest line first; a miner that was started again said it again."""
    gpu, memory, models = "", None, ""
    for line in lines:
        if card := _CARD.search(line):
            gpu, memory = card[1], int(card[2])
        elif listed := _MODELS.search(line):
            models = listed[1]
    names = (name.strip(" []'\"\t") for name in models.split(","))
    return MinerSaid(clean(gpu, 80), memory, tuple(clean(name, 80) for name in names if name)[:MAX_MODELS])
