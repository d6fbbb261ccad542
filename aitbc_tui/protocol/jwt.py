"""What a bearer token says of itself (2026-08): role, owner and expiry, read without its secret and proving nothing."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.wire import LaxFloat, LaxText, Wire, read

_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", re.ASCII)
MAX_LENGTH = 8192


class _Claims(Wire):
    sub: LaxText = None
    role: LaxText = None
    iat: LaxFloat = None
    exp: LaxFloat = None


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """`subject` owns the jobs; times are unix seconds by the server's clock, None when the token does not say."""

    role: SafeText
    subject: str = field(repr=False)
    issued_at: float | None
    expires_at: float | None

    def left_s(self, server_utc: float) -> float | None:
        """Seconds until it expires; negative when it has."""
        return None if self.expires_at is None else self.expires_at - server_utc


def looks_like_token(secret: str) -> bool:
    """Three parts of base64url; no API key of the older generations has this shape."""
    return len(secret) <= MAX_LENGTH and _SHAPE.fullmatch(secret) is not None


def read_token(secret: str) -> TokenFacts:
    """The claims. An expired and a forged token get the same answer, so only this tells them apart beforehand."""
    if not looks_like_token(secret):
        raise ParseError("this is no token: a token has three parts with dots between them")
    claims = read(_Claims, _part(secret.split(".")[1]), "the token's claims")
    return TokenFacts(clean(claims.role or "", 24), claims.sub or "", claims.iat, claims.exp)


def _part(text: str) -> object:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise ParseError("this is no token: its second part is not base64url") from None
    try:
        return parse_json(raw)
    except ParseError:
        raise ParseError("this is no token: its second part is not JSON") from None
