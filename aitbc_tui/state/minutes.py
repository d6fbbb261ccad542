"""Series of a value a minute, in which a minute without any reading stays a gap. Pure."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def with_minute(past: tuple[T, ...], value: T, gap: T, passed: int, kept: int) -> tuple[T, ...]:
    """`past` with the value of a new minute, `passed` minutes after the last one; at most `kept`, the newest last."""
    unheard = min(passed - 1, kept) if past else 0
    return (*past, *(gap for _ in range(unheard)), value)[-kept:]
