"""Which credential goes with which request: keys or tokens as the server wants them, expiry counted, never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from aitbc_tui.config.model import SecretSource
from aitbc_tui.config.secrets import Secret, read_secret
from aitbc_tui.domain.errors import AuthError, ConfigError, ParseError
from aitbc_tui.domain.figures import clock as at_clock
from aitbc_tui.domain.observed import Trouble
from aitbc_tui.domain.snapshot import CredentialRow
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.protocol.ask import Ask, Credential
from aitbc_tui.protocol.capability import AuthMode
from aitbc_tui.protocol.jwt import TokenFacts, looks_like_token, read_token

AGAIN_S = 15.0  # a token file may be renewed by somebody else: looked at again this often, when it is needed
WARN_S = 3600.0


@dataclass(slots=True)
class _Held:
    """One role's credential; `status` and `said` are of the newest answer to it, 200 for anything but a refusal."""

    secret: Secret
    token: TokenFacts | None
    status: int | None = None
    said: str = ""
    worked: bool = False  # it was accepted once
    read_at: float | None = None


class Credentials:
    """Holds what was read. `detect` finds out the mode first: nothing is sent to a server that was not probed."""

    def __init__(
        self,
        secrets: Mapping[str, Secret],
        utc: Callable[[], float] = lambda: 0.0,
        sources: Mapping[str, SecretSource] | None = None,
    ) -> None:
        self.mode = AuthMode.KEYS
        self.detect: Callable[[], Awaitable[None]] | None = None
        self.changed: Callable[[], None] = lambda: None
        self._utc = utc
        self._sources = dict(sources or {})
        self._held = {role: _Held(secret, _facts(secret)) for role, secret in secrets.items()}
        self._offset_s = 0.0

    def has(self, role: str) -> bool:
        return role in self._held

    def identity(self, role: str) -> str | None:
        """As whom the server knows us: a key is its own id, a token names its owner."""
        held = self._held.get(role)
        if held is None:
            return None
        return held.token.subject or None if held.token is not None else held.secret.reveal()

    async def headers(self, role: Credential | None) -> dict[str, str]:
        """What goes with a request of this role; raises rather than send what this server did not ask for."""
        if role is None or role not in self._held:
            return {}
        if self.detect is not None:
            await self.detect()
        held = self._held[role]
        if self.mode is AuthMode.UNKNOWN:
            raise AuthError("it is not known whether keys or tokens are wanted here: nothing was sent")
        if self.mode is AuthMode.KEYS:
            if held.token is not None:
                raise AuthError(f"this coordinator wants keys, and {role}_file holds a token: not sent")
            return {"x-api-key": held.secret.reveal()}
        if held.token is None and role == "miner":
            return {"x-api-key": held.secret.reveal()}  # the one key that the newest generation knows
        left = None if held.token is None else held.token.left_s(self._server_utc())
        if held.token is None or (left is not None and left <= 0):
            await self._again(role)
            held = self._held[role]
        return {"authorization": f"Bearer {self._usable(role, held)}"}

    def _usable(self, role: str, held: _Held) -> str:
        if held.token is None:
            raise AuthError(
                f"this coordinator wants tokens, and {role}_file holds a key: not sent",
                remedy=f"put a token of role {role} into {role}_file, or name a {role}_command that prints one",
            )
        left = held.token.left_s(self._server_utc())
        if left is not None and left <= 0:
            raise AuthError(f"the {role} token expired {_span(-left)} ago", remedy=self._renew(role))
        return held.secret.reveal()

    def _renew(self, role: str) -> str:
        return f"put a new token into {role}_file (or let {role}_command print one): it is read again by itself"

    async def _again(self, role: str) -> None:
        """Read the source again, not too often; the new token counts at once."""
        held, source, now = self._held[role], self._sources.get(role), self._utc()
        if source is None or (held.read_at is not None and now - held.read_at < AGAIN_S):
            return
        held.read_at = now
        try:
            secret = await asyncio.to_thread(read_secret, source)
        except ConfigError:
            return  # the old one is refused with its own reason; `config validate` says this one
        if secret != held.secret:
            self._held[role] = _Held(secret, _facts(secret), read_at=now)
            self.changed()

    def heard(self, server_utc: float) -> None:
        """The server's own clock decides when a token expires."""
        self._offset_s = server_utc - self._utc()

    def _server_utc(self) -> float:
        return self._utc() + self._offset_s

    async def answered(self, role: Credential | None, status: int, said: str) -> None:
        """What the server made of it. A 5xx or a limit says nothing about the credential."""
        held = self._held.get(role or "")
        if held is None or role is None or status >= 500 or status == 429:
            return
        held.said = said
        new = status if status in (401, 403) else 200
        if new != held.status:
            held.status, held.worked = new, held.worked or new == 200
            self.changed()
        if status == 401 and self.mode is AuthMode.TOKENS:
            await self._again(role)

    def rows(self, rows: Sequence[CredentialRow]) -> tuple[CredentialRow, ...]:
        """The rows as they stand now; one that could not be read stays as it is."""
        return tuple(self._row(row) for row in rows)

    def _row(self, row: CredentialRow) -> CredentialRow:
        held = self._held.get(row.role)
        if held is None:
            return row
        expires = held.token.expires_at if held.token is not None else None
        return replace(row, verdict=self._verdict(row.role, held), expires_at=expires, left=self._left(held))

    def _left(self, held: _Held) -> SafeText:
        left = held.token.left_s(self._server_utc()) if held.token is not None else None
        if left is None or left <= 0:
            return SafeText("")
        return SafeText("<1 m" if left < 60 else _span(left))

    def _verdict(self, role: str, held: _Held) -> Verdict:
        if self.mode is AuthMode.TOKENS and held.token is not None:
            return self._token_verdict(role, held, held.token)
        if self.mode is AuthMode.TOKENS and role != "miner":
            return _verdict(Level.REFUSED, "no token", "a key, and this coordinator wants a token: not sent")
        if self.mode is AuthMode.KEYS and held.token is not None:
            return _verdict(Level.REFUSED, "no key", "a token, and this coordinator wants a key: not sent")
        if held.status in (401, 403):
            why = "it was accepted before" if held.worked else "each role has keys of its own"
            return _verdict(Level.REFUSED, "refused", f"its key is answered {held.status}: {why}")
        return _tried(held.status, "")

    def _token_verdict(self, role: str, held: _Held, token: TokenFacts) -> Verdict:
        left = token.left_s(self._server_utc())
        if left is not None and left <= 0:
            text = f"expired {at_clock(token.expires_at)} UTC, {_span(-left)} ago; renew {role}_file"
            return _verdict(Level.REFUSED, "expired", text)
        if token.role and token.role != role:
            return _verdict(Level.REFUSED, "wrong role", f"a token of role {token.role}: it opens nothing of {role}")
        if held.status == 401:
            return _verdict(Level.REFUSED, "refused", "not accepted (401): forged, or of another JWT_SECRET")
        if held.status == 403:
            return _verdict(Level.REFUSED, "denied", f"accepted, and may not (403): {held.said or 'no reason given'}")
        if left is None:
            return _tried(held.status, "never expires")
        when = f"expires in {_span(left)}, at {at_clock(token.expires_at)} UTC"
        if left < WARN_S:
            return _verdict(Level.WARN, "expires", f"{when}: get a new one")
        return _tried(held.status, when)

    def explain(self, trouble: Trouble, ask: Ask | None) -> Trouble:
        """A refusal in the words of tokens: whose token, and whether it is the token or the route."""
        role = ask.credential if ask is not None else None
        if self.mode is not AuthMode.TOKENS or role is None or ask is None or trouble.status not in (401, 403):
            return trouble
        article = "an" if role == "admin" else "a"
        held = self._held.get(role)
        if held is None:
            return _said(
                trouble,
                f"needs {article} {role} token: {ask.path} answered {trouble.status}",
                f"set {role}_file or {role}_command under [env.NAME.coordinator]",
            )
        if trouble.status == 401:
            words = f"the {role} token is not accepted: {ask.path} answered 401"
            return _said(trouble, words, f"forged, or of another JWT_SECRET: {self._renew(role)}")
        if held.token is not None and held.token.role and held.token.role != role:
            words = f"the token in {role}_file has the role {held.token.role}: {ask.path} answered 403"
            return _said(trouble, words, f"roles do not nest: it needs {article} {role} token")
        return _said(trouble, f"closed to role {role} (403), not a wrong token: {ask.path}", "")


def _said(trouble: Trouble, words: str, remedy: str) -> Trouble:
    return replace(trouble, detail=clean(words, 240), remedy=clean(remedy, 240))


def _facts(secret: Secret) -> TokenFacts | None:
    """What the token says of itself; None for a key."""
    value = secret.reveal()
    if not looks_like_token(value):
        return None
    try:
        return read_token(value)
    except ParseError:
        return None


def _tried(status: int | None, text: str) -> Verdict:
    return _verdict(Level.GOOD, "works", text) if status == 200 else _verdict(Level.COMING, "not tried yet", text)


def _verdict(level: Level, word: str, text: str) -> Verdict:
    return Verdict(level, SafeText(word), clean(text, 160))


def _span(seconds: float) -> str:
    """Hours above two of them, else minutes, rounded down; below a minute that."""
    if seconds >= 7200:
        return f"{int(seconds // 3600)} h"
    return f"{int(seconds // 60)} m" if seconds >= 60 else "<1 m"
