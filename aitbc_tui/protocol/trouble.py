"""Any typed error as a Trouble: the kind decides what a pane may still show, the words what an operator can do."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.errors import AitbcError, HostKeyError, HttpError, Phase
from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.text import clean
from aitbc_tui.protocol.ask import Ask

# These two mean "no such route here"; every other 404 means "no such thing" (contract Q15).
ROUTE_ABSENT = frozenset({"", "Not Found", "a web page, not the API"})
DEFAULT_PAUSE_S = 60.0

_PHASES = {
    Phase.CONNECT: TroubleKind.CONNECT,
    Phase.HOST_KEY: TroubleKind.HOST_KEY,
    Phase.AUTH: TroubleKind.AUTH,
    Phase.TUNNEL: TroubleKind.TUNNEL,
    Phase.COMMAND: TroubleKind.COMMAND,
    Phase.PARSE: TroubleKind.BROKEN,
    Phase.TRUST: TroubleKind.BROKEN,
    Phase.CONFIG: TroubleKind.ABSENT,
    Phase.GUARD: TroubleKind.REFUSED,
}


def classify(
    error: AitbcError,
    asked: Ask | None = None,
    *,
    key_sent: bool = False,
    now: float = 0.0,
    retry_at: float | None = None,
) -> Trouble:
    """What the newest failed attempt means. `now` is monotonic; `key_sent`: a credential went with the request."""
    if isinstance(error, HttpError) and error.status is not None:
        return _answered(error, error.status, asked, key_sent, now, retry_at)
    kind = TroubleKind.CONNECT if error.phase is Phase.HTTP else _PHASES[error.phase]
    if error.timed_out and not isinstance(error, HostKeyError):
        kind = TroubleKind.TIMEOUT
    if kind is TroubleKind.BROKEN:
        broken = _trouble(kind, f"broken: {_located(error)}", error.remedy, None, now, retry_at)
        return replace(broken, what=error.what)
    return _trouble(kind, _located(error), error.remedy, None, now, retry_at)


def _answered(
    error: HttpError, status: int, asked: Ask | None, key_sent: bool, now: float, retry_at: float | None
) -> Trouble:
    path = asked.path if asked else ""
    where = path or "the server"
    role = asked.credential if asked else None
    said = error.body_detail
    if status == 401:
        kind, words, remedy = TroubleKind.REFUSED, *_refused(role, where, key_sent)
    elif status == 403:
        closed = f"the route is closed to role {role}" if role else f"{where} is closed to it"
        kind, words, remedy = TroubleKind.REFUSED, f"this key may not (403). Not a wrong key: {closed}", ""
    elif status == 405 or (status == 404 and said in ROUTE_ABSENT):
        method = asked.method if asked else "GET"
        kind, remedy = TroubleKind.ABSENT, ""
        words = f"this version has no {_name(path)} endpoint ({method} {where} {status})"
    elif status == 404:
        kind, words, remedy = TroubleKind.EMPTY, said, _empty_remedy(said)
    elif status == 425:
        kind, words, remedy = TroubleKind.EMPTY, said or "not ready", "a job that failed or expired never gets a result"
    elif status == 429:
        pause = DEFAULT_PAUSE_S if error.retry_after_s is None else error.retry_after_s
        kind, remedy = TroubleKind.LIMITED, "the budget is shared by all who come through this host"
        words, retry_at = f"asked too often, pauses {pause:.0f} s", now + pause
    elif 400 <= status < 500 and asked is not None and not asked.reads:
        kind, words, remedy = TroubleKind.REFUSED, f"refused: {said or status}", error.remedy
    else:
        shown = said or "no reason given"
        kind, words, remedy = TroubleKind.BROKEN, f'broken: {status} "{shown}"', error.remedy
    return _trouble(kind, words, remedy, status, now, retry_at)


def _refused(role: str | None, where: str, key_sent: bool) -> tuple[str, str]:
    if role is None:
        return f"needs a credential: {where} answered 401", ""
    article = "an" if role == "admin" else "a"
    if key_sent:
        return (
            f"the {role} key is not accepted: {where} answered 401",
            f"check {role}_file or {role}_command under coordinator: each role has keys of its own",
        )
    return (
        f"needs {article} {role} key: {where} answered 401",
        f"set {role}_file or {role}_command under [env.NAME.coordinator]",
    )


def _empty_remedy(said: str) -> str:
    if said == "no blocks yet":
        return "the chain is empty, or the node does not know this chain_id"
    return ""


def _name(path: str) -> str:
    """The last word of a path that is not an id."""
    words = [word for word in path.split("/") if word and not (len(word) >= 16 or word.isdigit())]
    return words[-1] if words else "such"


def _located(error: AitbcError) -> str:
    return f"{error.host}: {error.detail}" if error.host else error.detail


def _trouble(
    kind: TroubleKind, words: str, remedy: str, status: int | None, now: float, retry_at: float | None
) -> Trouble:
    return Trouble(kind, clean(words, 240), clean(remedy, 240), status, now, retry_at)
