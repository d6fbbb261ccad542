"""The newest good `status` of each target, for `--max-age`: every figure says how old it has become."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.coordinator_input import Request
from aitbc_tui.config import paths

if TYPE_CHECKING:
    from aitbc_tui.operations.tally import Json

MAX_BYTES = 1024 * 1024


def keep(ctx: Context, request: Request, document: Json) -> None:
    """Only answers that are whole and well: anything else is worth asking again."""
    from aitbc_tui.ledger.files import private_folder, replace_file

    file = _file(ctx, request)
    private_folder(file.parent)
    kept = {"at": time.time(), "document": document}
    replace_file(file, json.dumps(kept).encode("ascii"))


def find(ctx: Context, request: Request, max_age_s: float) -> Json | None:
    """The kept answer when it is young enough, its ages brought up to now; None to ask anew."""
    from aitbc_tui.ledger.files import read_private

    content = read_private(_file(ctx, request))
    if content is None or len(content) > MAX_BYTES:
        return None
    try:
        kept = json.loads(content)
        age, document = time.time() - float(kept["at"]), kept["document"]
        evidence = document["evidence"]
    except (ValueError, KeyError, TypeError):
        return None  # of an older version: ask anew
    if not 0 <= age <= max_age_s:
        return None
    for line in evidence:
        if line["age_s"] is not None:
            line["age_s"] = round(line["age_s"] + age, 2)
    oldest = max((line["age_s"] for line in evidence if line["age_s"] is not None), default=0.0)
    if oldest > max_age_s:
        return None
    document["summary"] = f"{document['summary']} ({oldest:.0f} s ago)"
    found: Json = document
    return found


def _file(ctx: Context, request: Request) -> Path:
    """One for each configuration file, environment and question."""
    words = (str(ctx.settings.path), ctx.environment.name, *request.targets, request.word, str(request.verify))
    return paths.state_dir() / f"status-{hashlib.sha256(repr(words).encode()).hexdigest()[:16]}.json"
