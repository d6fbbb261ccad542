"""Answers that are no success, read into one typed error: the body decides what the status cannot (contract Q15)."""

from __future__ import annotations

from collections.abc import Mapping

from aitbc_tui.domain.errors import HttpError, ParseError
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.protocol.jsondoc import parse_json
from aitbc_tui.protocol.times import parse_http_date
from aitbc_tui.protocol.trouble import classify

__all__ = ["body_detail", "classify", "failure"]

DETAIL_LENGTH = 200
MAX_RETRY_AFTER_S = 3600.0
MAX_FIELDS = 3
_ERROR_BODY_BYTES = 256 * 1024


def failure(status: int, headers: Mapping[str, str], body: bytes, what: str, host: str) -> HttpError:
    """A typed error for an answer that is not 2xx. `headers` with lower-case names; `what` names the request."""
    detail = body_detail(headers, body)
    said = f' "{detail}"' if detail else ""
    extra = ""
    if 300 <= status < 400:
        extra = f": it points to {clean(headers.get('location', 'nowhere'), 80)}"
    elif status == 405 and headers.get("allow"):
        extra = f", allowed: {clean(headers['allow'], 40)}"
    return HttpError(
        f"{what} answered {status}{said}{extra}",
        status=status,
        body_detail=detail,
        retry_after_s=_retry_after(headers) if status in (429, 503) else None,
        host=host,
    )


def body_detail(headers: Mapping[str, str], body: bytes) -> SafeText:
    """What the body says, in one line; never the input it complains about."""
    if not body.strip():
        return SafeText("")
    kind = headers.get("content-type", "")
    if "json" in kind or body.lstrip()[:1] == b"{":
        try:
            return clean(_said(parse_json(body, _ERROR_BODY_BYTES)), DETAIL_LENGTH)
        except ParseError:
            return clean("an unreadable body", DETAIL_LENGTH)
    if "html" in kind or body.lstrip()[:1] == b"<":
        return clean("a web page, not the API", DETAIL_LENGTH)
    return clean(_first_line(body[:4096].decode("utf-8", "replace")), DETAIL_LENGTH)


def _said(value: object) -> str:
    """FastAPI's `detail` (a string, or a list of fields), the newest generation's `error`, or Ollama's."""
    if not isinstance(value, dict):
        return ""
    detail, error = value.get("detail"), value.get("error")
    if isinstance(detail, str):
        return _first_line(detail)
    if isinstance(detail, list):
        return _fields(detail)
    if isinstance(error, str):
        return _first_line(error)
    if not isinstance(error, dict):
        return ""
    details = error.get("details")
    if isinstance(details, list) and details:
        return _fields(details)
    return _first_line(str(error.get("message") or error.get("type") or ""))


def _fields(items: list[object]) -> str:
    lines = [line for line in map(_field, items[:MAX_FIELDS]) if line]
    more = f"; and {len(items) - MAX_FIELDS} more" if len(items) > MAX_FIELDS else ""
    return "; ".join(lines) + more


def _field(item: object) -> str:
    if not isinstance(item, dict):
        return ""
    message = _first_line(str(item.get("msg") or item.get("message") or "not accepted"))
    loc = item.get("loc")
    parts = [str(part) for part in loc] if isinstance(loc, list) else str(item.get("field") or "").split(".")
    # "body", "query" and "path" say where in the request, which the reader of a form does not care about.
    named = parts[1:] if len(parts) > 1 and not parts[1].isdigit() else parts
    return f"{'.'.join(named)}: {message}" if any(named) else message


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    raw = headers.get("retry-after", "").strip()
    if raw.isascii() and raw.isdigit() and len(raw) < 10:
        return min(float(raw), MAX_RETRY_AFTER_S)
    then, now = parse_http_date(raw), parse_http_date(headers.get("date"))
    if then is None or now is None:
        return None
    return min(max(0.0, (then - now).total_seconds()), MAX_RETRY_AFTER_S)
