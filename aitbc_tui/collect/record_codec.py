"""Events as JSON and back: every frozen value of `domain` and `state`, secrets and prompts left out on the way.

What must not leave the machine is declared where it stands: a field that stays out of its object's repr
(a key, a prompt, an output, a receipt's bytes) stays out of recordings, too.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import importlib
import math
import pkgutil
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from types import MappingProxyType
from typing import Any

from aitbc_tui.domain import errors
from aitbc_tui.domain.errors import AitbcError, HostKeyProblem, ParseError
from aitbc_tui.domain.identity import Identity
from aitbc_tui.domain.text import SafeText, clean

MAX_TEXT = 8192
_ROOMS = ("aitbc_tui.domain", "aitbc_tui.state")
_ERROR_FIELDS = ("detail", "host", "remedy", "timed_out", "status", "body_detail", "retry_after_s", "exit_status")


@cache
def _types() -> Mapping[str, type]:
    """Every dataclass and enum of the two rooms, by room, module and name."""
    found: dict[str, type] = {}
    for room in _ROOMS:
        for info in pkgutil.iter_modules(importlib.import_module(room).__path__):
            module = importlib.import_module(f"{room}.{info.name}")
            for name, item in vars(module).items():
                own = isinstance(item, type) and item.__module__ == module.__name__
                if own and (dataclasses.is_dataclass(item) or issubclass(item, enum.Enum)):
                    found[f"{info.name}.{name}"] = item
    return MappingProxyType(found)


@cache
def _names() -> Mapping[type, str]:
    return MappingProxyType({item: name for name, item in _types().items()})


def encode(value: object) -> Any:
    """A value as JSON can hold it, scrubbed."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        return {"$e": _names()[type(value)], "v": value.value}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$f": repr(value)}
    if isinstance(value, datetime):
        return {"$d": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$n": str(value)}
    if isinstance(value, AitbcError):
        return _encode_error(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _encode_object(value)
    return _encode_many(value)


def _encode_many(value: object) -> Any:
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, list):
        return {"$l": [encode(item) for item in value]}
    if isinstance(value, set | frozenset):
        return {"$s": [encode(item) for item in sorted(value, key=repr)]}
    if isinstance(value, Mapping):
        return {"$m": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, bytes):
        return {"$b": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"a recording cannot hold {type(value).__name__}")


def _encode_object(value: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"$": _names()[type(value)]}
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        fields[field.name] = encode(content if field.repr else _scrubbed(value, content))
    return fields


def _scrubbed(owner: object, content: object) -> object:
    """In place of what stays here: something of the same kind. Identities stay told apart by their masked names."""
    if isinstance(owner, Identity):
        return str(owner.label)
    if isinstance(content, str):
        return ""
    if isinstance(content, bytes):
        return b""
    if isinstance(content, tuple):
        return ()
    return None


def _encode_error(error: AitbcError) -> dict[str, Any]:
    fields: dict[str, Any] = {"$x": type(error).__name__}
    for name in (*_ERROR_FIELDS, "problem", "fingerprint"):
        if getattr(error, name, None) not in (None, ""):
            fields[name] = encode(getattr(error, name))
    return fields


def decode(value: Any) -> Any:
    """The value again. Text is cleaned: a recording comes from anywhere. ParseError when it is none of ours."""
    try:
        return _decode(value)
    except (KeyError, TypeError, ValueError, InvalidOperation, RecursionError, OverflowError) as error:
        raise ParseError(f"a damaged or newer recording: {type(error).__name__} {clean(str(error), 80)}") from None


def _decode(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return clean(value, MAX_TEXT)
    if isinstance(value, list):
        return tuple(_decode(item) for item in value)
    if "$" in value:
        return _decode_object(value)
    if "$e" in value:
        return _types()[value["$e"]](value["v"])
    if "$x" in value:
        return _decode_error(value)
    return _decode_marked(value)


def _decode_marked(value: Any) -> Any:
    ((mark, content),) = value.items()
    match mark:
        case "$f":
            return float(content)
        case "$d":
            return datetime.fromisoformat(content)
        case "$n":
            return Decimal(content)
        case "$l":
            return [_decode(item) for item in content]
        case "$s":
            return frozenset(_decode(item) for item in content)
        case "$m":
            return {_decode(key): _decode(item) for key, item in content}
        case "$b":
            return base64.b64decode(content, validate=True)
    raise KeyError(mark)


def _decode_object(value: Any) -> Any:
    """Fields that this version does not have are left out; those it has more take their defaults."""
    kind = _types()[value["$"]]
    known = {field.name for field in dataclasses.fields(kind) if field.init}
    return kind(**{name: _decode(item) for name, item in value.items() if name in known})


def _decode_error(value: Any) -> AitbcError:
    kind = getattr(errors, value["$x"])
    if not (isinstance(kind, type) and issubclass(kind, AitbcError)):
        raise KeyError(value["$x"])
    fields = {name: _decode(item) for name, item in value.items() if name not in ("$x", "detail", "problem")}
    detail = SafeText(_decode(value["detail"]))
    if kind is errors.HostKeyError:
        problem = HostKeyProblem(_decode(value["problem"]))
        return errors.HostKeyError(
            detail,
            problem=problem,
            fingerprint=fields.get("fingerprint", ""),
            host=fields.get("host", ""),
            remedy=fields.get("remedy", ""),
        )
    made: AitbcError = kind(detail, **fields)
    return made
