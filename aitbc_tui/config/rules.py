"""What a value of the configuration may be, said once: the check, the sentence for the error, the JSON schema."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aitbc_tui.config.words import did_you_mean, one_of
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean
from aitbc_tui.receipts.trust import parse_key

MOST_WATTS = 10_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}")
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.@\\-]{0,254}")
_CHAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@$-]{0,63}")


@dataclass(frozen=True, slots=True)
class Rule:
    """`problem` gives "" for a good value, else what is wrong with it ("must be ...").

    The value is quoted in an error only where `quotable`: it might be a secret in the wrong place.
    """

    problem: Callable[[object], str]
    schema: Mapping[str, object]
    quotable: bool = True


def shown(value: object) -> str:
    """A value as the file would write it, short and safe to print."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{clean(value, 60)}"'
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else str(clean(str(value), 60))


def is_name(value: object) -> bool:
    """Whether it can name an environment, a host, a node or a miner."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


NAME_WORDS = "a name of letters, digits, dot, dash and underscore, at most 64"


def _matching(pattern: re.Pattern[str], must_be: str) -> Rule:
    def problem(value: object) -> str:
        return "" if isinstance(value, str) and pattern.fullmatch(value) else f"must be {must_be}"

    return Rule(problem, {"type": "string", "pattern": f"^{pattern.pattern}$"})


def choice(*words: str) -> Rule:
    """One of these words; the nearest is proposed for a misspelt one."""

    def problem(value: object) -> str:
        if value in words and isinstance(value, str):
            return ""
        near = did_you_mean(value, words) if isinstance(value, str) else ""
        return f"must be {one_of(words)}{near}"

    return Rule(problem, {"type": "string", "enum": list(words)})


def list_of(item: Rule) -> Rule:
    """A list whose every element follows `item`."""

    def problem(value: object) -> str:
        if not isinstance(value, list):
            return "must be a list"
        for index, element in enumerate(value):
            reason = item.problem(element)
            if reason:
                return f"element {index + 1} {reason}"
        return "lists something twice" if len(set(value)) < len(value) else ""

    return Rule(problem, {"type": "array", "items": dict(item.schema), "uniqueItems": True}, item.quotable)


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else "must be true or false"


def _port(value: object) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535
    return "" if good else "must be a port, a whole number from 1 to 65535"


def _interval(value: object) -> str:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0.5 <= value <= 3600
    return "" if good else "must be seconds, a number from 0.5 to 3600"


def _number_in(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _watts(value: object) -> str:
    """A pair, the smaller one first."""
    pair = value if isinstance(value, list) and len(value) == 2 else []
    if pair and all(_number_in(one, 1, MOST_WATTS) for one in pair) and pair[0] < pair[1]:
        return ""
    return f"must be [LEAST, MOST] in watts, such as [200, 350], from 1 to {MOST_WATTS}"


def _price(value: object) -> str:
    return "" if _number_in(value, 0, 1e9) else "must be a price in AITBC, a number from 0"


def _line(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        return "must be text, not empty"
    return "" if clean(value, len(value)) == value else "holds characters that cannot be shown"


def _remote_path(value: object) -> str:
    reason = _line(value)
    return reason or ("" if str(value).startswith("/") else "must be an absolute path on that host")


def address_problem(value: object) -> str:
    """A name for ssh_config, an IP address, or `local`; with a hint for what belongs into another key."""
    if not isinstance(value, str) or not value:
        return 'must be a host name, an IP address, a name of ~/.ssh/config, or "local"'
    try:
        ipaddress.ip_address(value.partition("%")[0])
        return ""
    except ValueError:
        pass
    if "://" in value:
        return "is a URL; must be a host name alone"
    if "@" in value:
        return "must be a host name alone; the part before @ belongs into user"
    if re.fullmatch(r"[^:]+:\d*", value):
        return "must be a host name alone; the part after : belongs into port"
    return "" if _HOST.fullmatch(value) else "is no host name"


def url_problem(value: object) -> str:
    """An http(s) URL with host, valid port and nothing that would be a secret or be ignored."""
    wanted = "must be a URL such as http://127.0.0.1:8006"
    if not isinstance(value, str) or any(char <= " " or char > "~" for char in value):
        return wanted
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return f"{wanted}: its port must be from 1 to 65535, an IPv6 address in brackets"
    if parts.scheme not in ("http", "https"):
        return f"{wanted}: it must begin with http:// or https://"
    if not parts.hostname:
        return f"{wanted}: it names no host"
    if parts.username is not None or parts.password is not None:
        return f"{wanted}: a user or password does not belong into it"
    if port == 0:
        return f"{wanted}: its port must be from 1 to 65535"
    if parts.query or parts.fragment or value.endswith(("?", "#")):
        return f"{wanted}: without ? and #"
    reason = "" if ":" in parts.hostname else address_problem(parts.hostname)
    return f"{wanted}: its host {reason}" if reason else ""


def key_problem(value: object) -> str:
    """A public Ed25519 key in either spelling."""
    if isinstance(value, str):
        try:
            parse_key(value)
            return ""
        except ConfigError:
            pass
    return "must be a public key: 64 hex digits or 43 base64url characters"


FLAG = Rule(_flag, {"type": "boolean"})
PORT = Rule(_port, {"type": "integer", "minimum": 1, "maximum": 65535})
INTERVAL = Rule(_interval, {"type": "number", "minimum": 0.5, "maximum": 3600})
WATTS = Rule(
    _watts,
    {
        "type": "array",
        "items": {"type": "number", "minimum": 1, "maximum": MOST_WATTS},
        "minItems": 2,
        "maxItems": 2,
    },
)
PRICE = Rule(_price, {"type": "number", "minimum": 0, "maximum": 1e9})
TEXT = Rule(_line, {"type": "string", "minLength": 1})
SECRET_PLACE = Rule(_line, {"type": "string", "minLength": 1}, quotable=False)
REMOTE_PATH = Rule(_remote_path, {"type": "string", "pattern": "^/"})
ADDRESS = Rule(address_problem, {"type": "string", "minLength": 1})
URL = Rule(url_problem, {"type": "string", "format": "uri", "pattern": "^https?://"}, quotable=False)
NAME = _matching(_NAME, NAME_WORDS)
UNIT = _matching(_UNIT, "the name of a systemd unit")
CHAIN_ID = _matching(_CHAIN, "a chain id such as ait-mainnet")
USER = _matching(_USER, "a login name")
# Not quotable: a private key looks the same.
PUBLIC_KEY = Rule(key_problem, {"type": "string", "pattern": "^([0-9a-fA-F]{64}|[A-Za-z0-9_-]{43})$"}, quotable=False)
