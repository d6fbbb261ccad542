"""Receipts from the coordinator's explorer: the newest often and few, all listed ones once; every one verified."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from aitbc_tui.collect.asker import Asker
from aitbc_tui.domain.errors import HttpError, ParseError
from aitbc_tui.domain.identity import Masker
from aitbc_tui.domain.observed import TroubleKind
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.ledger.rows import LedgerError
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.answers import ReceiptItem as WireItem
from aitbc_tui.protocol.receiptdoc import parse_explorer_receipts
from aitbc_tui.protocol.times import parse_http_date
from aitbc_tui.receipts.content import Context
from aitbc_tui.receipts.trust import TrustStore
from aitbc_tui.receipts.verify import verify
from aitbc_tui.state.events import Kind, Source
from aitbc_tui.state.facts import ReceiptItem, ReceiptPage

NAME = "coordinator"
ALL = 50
FEW = 5
POISON_ASKS = 24  # requests spent at most on going around unreadable receipts
POISON_PAUSE_S = 60.0
KEPT = 600
KeysSince = Mapping[str, float]  # signing key -> UTC seconds at which the ledger first saw it
Keep = Callable[[list[VerifiedReceipt]], KeysSince]


class Verifier:
    """Verifies bodies against the trust store of this run; the same bytes only once."""

    def __init__(
        self,
        trust: TrustStore,
        mask: Masker,
        keep: Keep | None = None,
        told: Callable[[LedgerError | None], None] = lambda error: None,
    ) -> None:
        self._told = told
        self._trust = trust
        self._mask = mask
        self._keep = keep
        self._new: list[VerifiedReceipt] = []
        self._done: dict[bytes, VerifiedReceipt] = {}
        self._since: dict[str, float] = {}

    def __call__(self, body: bytes, job_id: str | None = None, issued_at: datetime | None = None) -> VerifiedReceipt:
        """The verdict on these bytes; `job_id` and `issued_at` are what the envelope said."""
        issued = issued_at.timestamp() if issued_at else None
        key = hashlib.sha256(body + repr((job_id, issued)).encode()).digest()
        done = self._done.get(key)
        if done is None:
            context = Context(job_id=job_id, issued_at=issued)
            done = verify(body, self._trust, mask=self._mask, context=context)
            if len(self._done) >= KEPT:
                self._done.pop(next(iter(self._done)))
            self._done[key] = done
            self._new.append(done)
        return done

    async def save(self) -> None:
        """Give what is new to the ledger, off the event loop: each call is a synced commit.

        What it does not take is shown all the same, and offered again with the next.
        """
        new, self._new = self._new, []
        if not new or self._keep is None:
            return
        try:
            self._since.update(await asyncio.to_thread(self._keep, new))
        except LedgerError as error:
            self._new = [*new, *self._new][-KEPT:]
            self._told(error)
        else:
            self._told(None)

    def dated(self, page: ReceiptPage) -> ReceiptPage:
        """The page, with since when each signing key is known here, as far as the ledger was asked."""
        items = (replace(i, key_since=self._since.get(str(i.receipt.signing_key_id))) for i in page.items)
        return replace(page, items=tuple(items))


class ReceiptPages:
    """Reads pages of `/v1/explorer/receipts` (public: no key)."""

    def __init__(self, asker: Asker, host: str, url: str, mask: Masker, verifier: Verifier) -> None:
        self._asker = asker
        self._host = host
        self._url = url
        self._mask = mask
        self._verifier = verifier
        self._known: set[str] = set()
        self._whole = False
        self._poisoned_at: float | None = None
        self._poisoned = 0
        self._hopeless_at: float | None = None  # when not one receipt could be read, and none has been since

    async def newest(self) -> None:
        """The newest few; all that are listed at first, and whenever the few do not reach what is known."""
        limit = FEW if self._whole else ALL

        async def read() -> tuple[ReceiptPage, float, float | None]:
            page, at, rtt = await self._read(limit)
            fresh = [i for i in page.items if str(i.receipt.facts.receipt_id) not in self._known]
            if self._whole and len(fresh) == FEW:
                page, at, rtt = await self._read(ALL)
            self._known = (
                (self._known | {str(i.receipt.facts.receipt_id) for i in page.items})
                if self._whole
                else {str(i.receipt.facts.receipt_id) for i in page.items}
            )
            self._whole = True
            await self._verifier.save()
            return self._verifier.dated(page), at, rtt

        await self._asker.report(Source(Kind.RECEIPTS, NAME), read, requests.explorer_receipts(limit))

    async def all(self, limit: int = ALL, job_id: str = "") -> ReceiptPage | None:
        """One page of this size, reported like any other."""

        async def read() -> tuple[ReceiptPage, float, float | None]:
            return await self._read(limit, job_id)

        asked = requests.explorer_receipts(limit, 0, job_id)
        return await self._asker.report(Source(Kind.RECEIPTS, NAME), read, asked)

    async def _read(self, limit: int, job_id: str = "") -> tuple[ReceiptPage, float, float | None]:
        try:
            found = await self._page(limit, 0, job_id)
            self._hopeless_at = None
            return found
        except HttpError as error:
            if error.status != 500:
                raise
            return await self._around(limit, error)

    async def _page(self, limit: int, offset: int, job_id: str = "") -> tuple[ReceiptPage, float, float | None]:
        asked = requests.explorer_receipts(limit, offset, job_id)
        answer = await self._asker.send(self._host, self._url, asked)
        date = parse_http_date(answer.headers.get("date"))
        page = parse_explorer_receipts(answer.body, self._mask, limit, date)
        items = [found for item in page.items if (found := self._verified(item)) is not None]
        unreadable = self._poisoned + len(page.items) - len(items)
        return ReceiptPage(tuple(items), unreadable, date), answer.received_at, answer.elapsed_ms

    def _verified(self, item: WireItem) -> ReceiptItem | None:
        """None for an item that holds no receipt at all; it is counted, not shown."""
        try:
            return ReceiptItem(self._verifier(item.body, str(item.job_id), item.issued_at), item.issued_at)
        except ParseError:
            return None

    def _all_broken(self) -> bool:
        """The other lists fail, too."""
        world = self._asker.hub.world
        others = [seen.trouble for seen in (world.jobs, world.miners)]
        return any(trouble is not None and trouble.kind is TroubleKind.BROKEN for trouble in others)

    async def _around(self, limit: int, error: HttpError) -> tuple[ReceiptPage, float, float | None]:
        """One unreadable receipt makes every page with it a 500 (contract Q6): find it by halving, leave it out."""
        now = self._asker.hub.clock.monotonic()
        if self._hopeless_at is not None and now - self._hopeless_at < POISON_PAUSE_S:
            raise error  # a lost database: to search again at every turn would use the server's limit up
        if self._poisoned_at is not None and now - self._poisoned_at < POISON_PAUSE_S and limit > FEW:
            raise error
        if self._all_broken():
            raise error  # no receipt is to blame: searching would only ask a server in trouble more often
        self._poisoned_at = now
        items: list[ReceiptItem] = []
        date: datetime | None = None
        at, rtt, skipped, asks = now, None, 0, 0
        spans = [(0, limit)]
        while spans and asks < POISON_ASKS:
            start, size = spans.pop(0)
            asks += 1
            try:
                page, at, rtt = await self._page(size, start)
            except HttpError as again:
                if again.status != 500:
                    raise
                if size == 1:
                    skipped += 1
                    continue
                spans[:0] = [(start, size // 2), (start + size // 2, size - size // 2)]
                continue
            items += page.items
            date = page.server_time or date
            if len(page.items) < size:
                break
        if not items:  # not one bad receipt among good ones: nothing can be read at all
            self._hopeless_at = now
            raise error
        self._poisoned = skipped
        return ReceiptPage(tuple(items), skipped, date), at, rtt
