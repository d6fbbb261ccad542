"""The form in which an alarm is explained. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`{about}` is the thing, `{source}` the node it is compared with; keys stand in backticks (`keys.in_words`)."""

    means: str
    not_meant: str
    do: tuple[str, ...]
