"""What is searched for: a hash or its beginning, an id of the coordinator, or an address, told by its form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.domain.address import is_account
from aitbc_tui.domain.node import Transaction

_HASH = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_BEGINNING = re.compile(r"(0x)?[0-9a-fA-F]{6,31}(…[0-9a-fA-F]{1,16})?")
_ID = re.compile(r"[0-9a-fA-F]{32}")


class Kind(StrEnum):
    """What was asked for, told by its form."""

    HASH = "hash"
    BEGINNING = "beginning of a hash"
    ID = "job or receipt id"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Query:
    """One thing to search for. A hash is kept with its `0x` and in lower case."""

    kind: Kind
    text: str

    def matches(self, tx: Transaction) -> bool:
        match self.kind:
            case Kind.HASH:
                return tx.tx_hash.lower() == self.text
            case Kind.BEGINNING:
                first, _, last = self.text.partition("…")
                return tx.tx_hash.lower().startswith(first) and tx.tx_hash.lower().endswith(last)
            case Kind.ADDRESS:
                return any(is_account(str(one), self.text) for one in (tx.sender, tx.recipient))
            case Kind.ID:
                return self.text in tx.payload.lower()


def query_of(text: str) -> Query:
    """64 hex digits are a hash, 32 are an id of the coordinator; fewer, as screens print them, begin a hash."""
    if _HASH.fullmatch(text):
        return Query(Kind.HASH, "0x" + text.lower().removeprefix("0x"))
    if _ID.fullmatch(text):
        return Query(Kind.ID, text.lower())
    if _BEGINNING.fullmatch(text):
        return Query(Kind.BEGINNING, "0x" + text.lower().removeprefix("0x"))
    return Query(Kind.ADDRESS, text)
