"""Rows that are made when they are looked at: of ten thousand jobs a screen shows ten. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, overload

if TYPE_CHECKING:
    from aitbc_tui.domain.verdict import Verdict
    from aitbc_tui.ui.panes.table import Row

T = TypeVar("T")


class Spine(Generic[T]):
    """The things of one list, with their keys; made once for a list that is the same object."""

    def __init__(self, items: Sequence[T], key: Callable[[T], str]) -> None:
        self.items = items
        self.keys = tuple(key(item) for item in items)
        self._at: dict[str, int] | None = None

    @property
    def at(self) -> Mapping[str, int]:
        if self._at is None:
            self._at = {key: index for index, key in reversed(list(enumerate(self.keys)))}
        return self._at


_spines: dict[str, Spine[object]] = {}


def spine(name: str, items: Sequence[T], key: Callable[[T], str]) -> Spine[T]:
    """The spine of `items`; the one before where they are the same object, which snapshots share."""
    found = _spines.get(name)
    if found is None or found.items is not items:
        found = _spines[name] = Spine(items, key)  # type: ignore[arg-type]
    return found  # type: ignore[return-value]


class Rows(Sequence["Row"]):
    """A sequence of rows; `order` are the places in the spine, or None for all as they come."""

    def __init__(
        self,
        of: Spine[T],
        build: Callable[[T], Row],
        verdict: Callable[[T], Verdict],
        order: tuple[int, ...] | None = None,
        made: dict[int, Row] | None = None,
    ) -> None:
        self._spine, self._build, self._verdict, self._order = of, build, verdict, order
        self._made: dict[int, Row] = {} if made is None else made

    @staticmethod
    def of(rows: Sequence[Row]) -> Rows:
        """Rows that are made already."""
        if isinstance(rows, Rows):
            return rows
        return Rows(Spine(rows, lambda row: row.key), lambda row: row, lambda row: row.verdict)

    def __len__(self) -> int:
        return len(self._spine.keys) if self._order is None else len(self._order)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        place = range(len(self._spine.keys))[index] if self._order is None else self._order[index]
        row = self._made.get(place)
        if row is None:
            row = self._made[place] = self._build(self._spine.items[place])
        return row

    @property
    def keys(self) -> tuple[str, ...]:
        if self._order is None:
            return self._spine.keys
        return tuple(self._spine.keys[place] for place in self._order)

    def verdicts(self) -> Iterable[tuple[str, Verdict]]:
        """Key and verdict of each, without making the rows."""
        places: Iterable[int] = range(len(self._spine.keys)) if self._order is None else self._order
        for place in places:
            yield self._spine.keys[place], self._verdict(self._spine.items[place])

    def find(self, key: str | None) -> int | None:
        """Where this key stands."""
        if key is None:
            return None
        place = self._spine.at.get(key)
        if place is None or self._order is None:
            return place
        try:
            return self._order.index(place)
        except ValueError:
            return None  # filtered away

    def ordered(self, places: Iterable[int]) -> Rows:
        """The rows at these places of this sequence, in this order."""
        mine = self._order
        chosen = tuple(places if mine is None else (mine[place] for place in places))
        return Rows(self._spine, self._build, self._verdict, chosen, self._made)

    def held(self, before: tuple[str, ...]) -> Rows:
        """In the order of `before`, as far as it goes; new ones come in where they belong."""
        keys = self.keys
        if before == keys:
            return self
        at = {key: place for place, key in enumerate(keys)}
        kept = [at.pop(key) for key in before if key in at]
        for place in at.values():
            kept.insert(min(place, len(kept)), place)
        return self.ordered(kept)
