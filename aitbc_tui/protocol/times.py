"""Times as the platform writes them: naive UTC in several spellings, and HTTP dates."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

# "+00:00Z" is what the newest generation really prints in its validation errors.
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):?(\d\d)Z?)?", re.ASCII
)
# A Date header has whole seconds, and uvicorn renews it once a second: it may be this far behind a fresh timestamp.
DATE_HEADER_LAG_S = 2.5


def parse_utc(text: object) -> datetime | None:
    """An aware UTC time, or None when it is no time. Without a zone it is UTC, whatever the server's zone is."""
    if not isinstance(text, str) or len(text) > 64:
        return None
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
    micro = int((match[7] or "0").ljust(6, "0")[:6])
    try:
        zone = _zone(match[8], match[9], match[10])
        return datetime(year, month, day, hour, minute, second, micro, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(sign: str | None, hours: str | None, minutes: str | None) -> timezone:
    if sign is None or hours is None or minutes is None:
        return UTC
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)


def parse_http_date(value: str | None) -> datetime | None:
    """The Date header as an aware UTC time, or None."""
    if not value or len(value) > 64:
        return None
    try:
        parsed = parsedate_to_datetime(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def age_s(server_date: datetime | None, timestamp: datetime | None) -> float | None:
    """Seconds from `timestamp` to the same server's Date header; one clock only.

    Slightly negative ages come from the header's coarseness and are 0; a real time in the future stays negative.
    """
    if server_date is None or timestamp is None:
        return None
    age = (server_date - timestamp).total_seconds()
    return 0.0 if -DATE_HEADER_LAG_S <= age < 0 else age
