"""What pydantic reads: the base model, lax field types, and the turn of its errors into ParseError."""

from __future__ import annotations

import math
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictInt, StrictStr, ValidationError

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.text import SafeText, clean

MAX_ITEMS = 20_000


class Wire(BaseModel):
    """A wire shape. Unknown fields are ignored; errors never carry the input, which may hold keys and prompts."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, protected_namespaces=())


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number_or_none(value: object) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value


def _float_or_none(value: object) -> float | None:
    number = _number_or_none(value)
    try:
        result = None if number is None else float(number)
    except OverflowError:
        return None
    return result if result is not None and math.isfinite(result) else None


def _int_or_none(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object_or_none(value: object) -> dict[str, object] | None:
    return value if isinstance(value, dict) else None


def _list_or_empty(value: object) -> list[object]:
    return value if isinstance(value, list) else []


# Where the contract types a field: anything else is not the contract's answer.
Text = StrictStr
Int = StrictInt
# Where it does not (Q12), or where a wrong field must not take the rest with it.
LaxText = Annotated[str | None, BeforeValidator(_text_or_none)]
LaxInt = Annotated[int | None, BeforeValidator(_int_or_none)]
LaxFloat = Annotated[float | None, BeforeValidator(_float_or_none)]
LaxNumber = Annotated[int | float | None, BeforeValidator(_number_or_none)]
LaxObject = Annotated[dict[str, object] | None, BeforeValidator(_object_or_none)]
LaxList = Annotated[list[object], BeforeValidator(_list_or_empty)]

WireT = TypeVar("WireT", bound=Wire)


def read(model: type[WireT], value: object, what: str) -> WireT:
    """The value as `model`, or one line that says which field is not the contract's."""
    refuse_error_in_success(value, what)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise ParseError(f"{what}: {clean(where, 80)}: {clean(first['msg'], 120)}") from None


def refuse_error_in_success(value: object, what: str) -> None:
    """A 200 proves nothing: some routes put the error into it."""
    if not isinstance(value, dict):
        return
    error = value.get("error")
    said = error if isinstance(error, str) else ""
    # A JobView has an "error" of its own, which is no error of the answer.
    own_error = "job_id" in value
    if value.get("success") is False or value.get("status") == "error" or (said and not own_error):
        wrapped = ParseError(f"{what}: answered 200 with an error inside: {clean(said or 'no reason given', 120)}")
        wrapped.what = "error-in-200"
        raise wrapped


def bounded(items: list[WireT], what: str, limit: int = MAX_ITEMS) -> list[WireT]:
    """The list, unless it holds more than anybody asked for."""
    if len(items) > limit:
        raise ParseError(f"{what}: more than {limit} items")
    return items


def safe(value: str | None, limit: int = 128) -> SafeText:
    """Cleaned text; what is missing is empty."""
    return clean(value or "", limit)


def safe_or_none(value: str | None, limit: int = 128) -> SafeText | None:
    """Cleaned text; what is missing stays missing."""
    return None if value is None else clean(value, limit)
