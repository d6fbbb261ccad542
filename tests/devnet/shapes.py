"""Compares an answer with a recorded one: the same keys in the same order and of the same types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "contract" / "data" / "captures"
# values that must be equal, wherever they stand
EXACT = {"state", "status", "error", "detail", "success", "message", "alg", "unit_type", "version", "txCount"}


def capture(area: str, name: str) -> dict[str, Any]:
    found = sorted((DATA / area).glob(f"{name}-*.json"))
    assert len(found) == 1, f"{area}/{name}: {found}"
    loaded: dict[str, Any] = json.loads(found[0].read_text(encoding="utf-8"))
    return loaded


def differences(ours: object, recorded: object, at: str = "$") -> list[str]:
    """Every place where the two are not alike; lists are compared by their first items."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        if list(ours) != list(recorded):
            return [f"{at}: keys {list(ours)} instead of {list(recorded)}"]
        found: list[str] = []
        for key, value in recorded.items():
            here = f"{at}.{key}"
            if key in EXACT and not isinstance(value, (dict, list)):
                found += [] if ours[key] == value else [f"{here}: {ours[key]!r} instead of {value!r}"]
            else:
                found += differences(ours[key], value, here)
        return found
    if isinstance(recorded, list) and isinstance(ours, list):
        return differences(ours[0], recorded[0], f"{at}[0]") if ours and recorded else []
    if type(ours) is not type(recorded):
        return [f"{at}: {ours!r} is not of the type of {recorded!r}"]
    return []
