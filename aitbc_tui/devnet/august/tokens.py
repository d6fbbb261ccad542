"""Bearer tokens (HS256): minted with the server's secret, and checked by the coordinator against its own clock."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field

from aitbc_tui.devnet.clock import Clock
from aitbc_tui.devnet.seeded import Seeded

LIFETIME_S = 24 * 3600


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True)
class Claims:
    """Who a valid token speaks for."""

    subject: str
    role: str


@dataclass(slots=True)
class Mint:
    """Makes and checks tokens. `client` and `other_client` are the owners of jobs, as the server knows them."""

    clock: Clock
    secret: bytes = field(repr=False)
    client: str
    other_client: str
    admin: str

    @classmethod
    def of(cls, clock: Clock, seeded: Seeded) -> Mint:
        def owner(name: str) -> str:
            return str(uuid.UUID(bytes=seeded.bytes("user", name)[:16], version=4))

        return cls(clock, seeded.bytes("jwt-secret"), owner("client"), owner("other-client"), owner("admin"))

    def token(self, role: str, subject: str, lifetime_s: int = LIFETIME_S) -> str:
        now = int(self.clock.now().timestamp())
        claims = {"sub": subject, "role": role, "iat": now, "exp": now + lifetime_s}
        head = _encoded(b'{"alg":"HS256","typ":"JWT"}')
        body = f"{head}.{_encoded(json.dumps(claims, separators=(',', ':')).encode())}"
        return f"{body}.{_encoded(self._seal(body))}"

    def rotate(self) -> None:
        """Another secret from now on: what was handed out before is refused."""
        self.secret = hashlib.sha256(self.secret).digest()

    def owner(self, role: str) -> str:
        """Whom the operator's token of this role speaks for."""
        return self.admin if role == "admin" else self.client

    def _seal(self, body: str) -> bytes:
        return hmac.new(self.secret, body.encode("ascii"), hashlib.sha256).digest()

    def check(self, token: str) -> Claims | None:
        """None for a forged and for an expired one alike."""
        body, _, seal = token.rpartition(".")
        try:
            if not hmac.compare_digest(_decoded(seal), self._seal(body)):
                return None
            claims = json.loads(_decoded(body.split(".")[1]))
        except (ValueError, IndexError):
            return None
        if claims["exp"] <= self.clock.now().timestamp():
            return None
        return Claims(claims["sub"], claims["role"])
