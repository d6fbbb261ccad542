"""The guard: no request that changes anything leaves the process unless the access level allows it.

It stands where writes are sent, below every screen and command: the level is the environment's, not a key binding's.
"""

from __future__ import annotations

from aitbc_tui.domain.errors import GuardError
from aitbc_tui.domain.snapshot import Access

_ORDER = (Access.OBSERVE, Access.SUBMIT, Access.OPERATE)


def allows(have: Access, need: Access) -> bool:
    """Whether one level includes the other."""
    return _ORDER.index(have) >= _ORDER.index(need)


def require(have: Access, need: Access, action: str, environment: str) -> None:
    """Raise `GuardError` when `action` needs more than the environment gives."""
    if allows(have, need):
        return
    raise GuardError(
        f"{action} needs access {need.value}, and environment {environment} has {have.value}",
        remedy=f'access = "{need.value}" in [env.{environment}] arms it',
    )
