"""Faults that only the platform of 2026-08 has: its tokens run out, its blocks are signed, nothing is sent on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.august.net import AugustNet
from aitbc_tui.devnet.august.tokens import LIFETIME_S, Mint
from aitbc_tui.devnet.config_file import write_private
from aitbc_tui.devnet.fault import Fault
from aitbc_tui.devnet.faults_chain import follower_of
from aitbc_tui.devnet.options import AUGUST
from aitbc_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from aitbc_tui.devnet.network import Devnet

SHORT_S = 18  # what is left of the token that runs out
ROLES = ("admin", "client")  # the miner has a key, which never expires


def _mint(devnet: Devnet) -> Mint:
    assert devnet.made.mint is not None  # only AUGUST has these faults
    return devnet.made.mint


def _net(devnet: Devnet) -> AugustNet:
    assert isinstance(devnet.net, AugustNet)
    return devnet.net


async def _expire(devnet: Devnet, value: str | None) -> None:
    """The server's secret is rotated, and one of the new tokens was minted for too short a time."""
    role = value or ROLES[0]
    if role not in ROLES:
        raise ConfigError(f"token-expired={role}: known are {', '.join(ROLES)}")
    _mint(devnet).rotate()
    for each in ROLES:
        _hand_out(devnet, each, SHORT_S if each == role else LIFETIME_S)


async def _renew(devnet: Devnet, _: str | None) -> None:
    for role in ROLES:
        _hand_out(devnet, role, LIFETIME_S)


def _hand_out(devnet: Devnet, role: str, lifetime_s: int) -> None:
    """Into the file from which the dashboard reads it."""
    mint = _mint(devnet)
    token = mint.token(role, mint.owner(role), lifetime_s)
    write_private(devnet.dir / "keys" / role, f"{token}\n".encode())


async def _foreign_key(devnet: Devnet, _: str | None) -> None:
    _net(devnet).sealer = _net(devnet).stranger


async def _own_key(devnet: Devnet, _: str | None) -> None:
    _net(devnet).sealer = _net(devnet).wallet


async def _to_the_follower(devnet: Devnet, _: str | None) -> None:
    devnet.net.submit(follower_of(devnet), devnet.net.new_tx())


async def _to_the_hub(devnet: Devnet, _: str | None) -> None:
    """The operator sends it to the hub, and empties the follower's mempool."""
    waiting = follower_of(devnet).state.mempool
    for tx in waiting.values():
        devnet.net.submit(devnet.net.genesis, tx)
    waiting.clear()


FAULTS = (
    Fault(
        "token-expired",
        f"the server's secret is rotated, and the operator's new token runs out {SHORT_S} s later (admin, or client)",
        "counted down while it is valid; then which token expired, when, and where a new one goes. The server only "
        "says 401 Invalid token, as to a forged one",
        _expire,
        _renew,
        value="ROLE",
        only=(AUGUST,),
    ),
    Fault(
        "signer-mismatch",
        "the hub signs its blocks with another key than that of the proposer they name",
        "the address recovered from the signature is not the proposer, with both addresses",
        _foreign_key,
        _own_key,
        only=(AUGUST,),
    ),
    Fault(
        "tx-stuck",
        "a transaction is sent to the follower, which takes it with 200 and sends it on to nobody",
        "it waits at the follower, and the hub has it neither waiting nor in a block",
        _to_the_follower,
        _to_the_hub,
        only=(AUGUST,),
    ),
)
