"""What may be ordered: checks the texts of a submission as typed, and makes the order. Shared by form and command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from typing import NamedTuple

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.snapshot import OfferedModel
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.work import Constraints, JobOrder

TTL_MIN, TTL_MAX = 60, 86_400
COUNT_MAX = 20
PROMPT_MAX = 1_000_000  # the largest that a coordinator was seen to accept
_NAME_MAX = 200
_INTEGER = re.compile(r"[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,18})?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class OrderField(Enum):
    """The fields of a submission, in the order of the form; the value is the label a message may use."""

    MODEL = "model"
    PROMPT = "prompt"
    TTL = "ttl"
    PAY = "pay"
    COUNT = "count"
    REGION = "region"
    GPU = "gpu"
    CUDA = "cuda"
    MIN_VRAM_GB = "min_vram_gb"
    MODELS = "models"
    MAX_PRICE = "max_price"


# Constraints that never match what a shipped miner registers: such a job waits until it expires.
UNMATCHABLE = (OrderField.GPU, OrderField.CUDA, OrderField.MIN_VRAM_GB, OrderField.MODELS, OrderField.MAX_PRICE)


class Severity(Enum):
    """An error stops the order; a warning says what will happen instead."""

    ERROR = "error"
    WARNING = "warning"


class Problem(NamedTuple):
    """One thing to correct or to know, in words, at the field that causes it."""

    field: OrderField
    text: SafeText
    severity: Severity


@dataclass(frozen=True, slots=True)
class OrderFields:
    """The texts exactly as typed; nothing is corrected silently."""

    model: str = ""
    prompt: str = field(default="", repr=False)
    ttl: str = "900"
    pay: str = "0"
    count: str = "1"
    region: str = ""
    gpu: str = ""
    cuda: str = ""
    min_vram_gb: str = ""
    models: str = ""
    max_price: str = ""

    def text(self, which: OrderField) -> str:
        value: str = getattr(self, which.name.lower())
        return value


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take here now, where that is known; for the reason of the shortest lifetime."""

    job_s: float | None = None
    queue_s: float | None = None


def _error(which: OrderField, text: str) -> Problem:
    return Problem(which, SafeText(text), Severity.ERROR)


def _warning(which: OrderField, text: str) -> Problem:
    return Problem(which, SafeText(text), Severity.WARNING)


def _check_name(which: OrderField, text: str) -> list[Problem]:
    """A short free text that goes to the coordinator as it is."""
    if len(text) > _NAME_MAX:
        return [_error(which, f"at most {_NAME_MAX} characters, these are {len(text):,}")]
    if _SURROGATE.search(text):
        return [_error(which, "holds half a character (a lone surrogate): type it again")]
    if _CONTROL.search(text):
        return [_error(which, "holds a control character: type it again")]
    return []


def _check_model(text: str, models: Sequence[OfferedModel]) -> list[Problem]:
    name = text.strip()
    if not name:
        return [_error(OrderField.MODEL, "a model is needed: ▼ lists those that miners hold")]
    if problems := _check_name(OrderField.MODEL, name):
        return problems
    if not models:
        return [_warning(OrderField.MODEL, "? not known which models the miners hold")]
    held = [model.name for model in models]
    if name in held:
        return []
    near = [other for other in held if other.startswith(name)] or get_close_matches(name, held, 1)
    hint = f". Did you mean {near[0]}?" if near else ""
    return [_warning(OrderField.MODEL, f"nobody has it: the miner will silently substitute its first model{hint}")]


def _check_prompt(text: str) -> list[Problem]:
    which = OrderField.PROMPT
    if not text.strip():
        return [_error(which, "a prompt is needed")]
    if match := _SURROGATE.search(text):
        return [
            _error(
                which,
                f"character {match.start() + 1:,} is half a character (U+{ord(match[0]):04X}, a lone surrogate): "
                "every list with its receipt would break for everybody",
            )
        ]
    size = len(text.encode("utf-8"))
    if size > PROMPT_MAX:
        return [_error(which, f"at most {PROMPT_MAX:,} bytes, these are {size:,}")]
    return []


def _seconds(seconds: float) -> str:
    return f"{max(1, round(seconds)):,} s"


def _check_ttl(text: str, pace: Pace) -> list[Problem]:
    which = OrderField.TTL
    value = text.strip()
    if not _INTEGER.fullmatch(value):
        return [_error(which, f"whole seconds, {TTL_MIN} to {TTL_MAX:,}")]
    if int(value) < TTL_MIN:
        reasons = [f"a job takes {_seconds(pace.job_s)}"] if pace.job_s is not None else []
        if pace.queue_s:
            reasons.append(f"the queue adds {_seconds(pace.queue_s)}")
        reasons.append("a miner may poll late")
        return [_error(which, f"at least {TTL_MIN}: {', '.join(reasons)}")]
    if int(value) > TTL_MAX:
        return [_error(which, f"at most {TTL_MAX:,}, a day: what nobody ran by then nobody will")]
    return []


def _check_decimal(which: OrderField, text: str) -> list[Problem]:
    value = text.strip()
    if _DECIMAL.fullmatch(value):
        if "." in value and len(value.partition(".")[2].rstrip("0")) > 8:
            return [_warning(which, "the coordinator rounds to 8 decimals")]
        return []
    if value.startswith("-"):
        return [_error(which, "0 or more")]
    if "," in value:
        return [_error(which, "a number with a point, without commas")]
    return [_error(which, "a number, 0 or more")]


def _check_count(text: str) -> list[Problem]:
    value = text.strip()
    if _INTEGER.fullmatch(value) and 1 <= int(value) <= COUNT_MAX:
        return []
    return [_error(OrderField.COUNT, f"1 to {COUNT_MAX}")]


def _check_constraints(fields: OrderFields, regions: Sequence[str]) -> list[Problem]:
    problems: list[Problem] = []
    for which in (OrderField.REGION, *UNMATCHABLE):
        text = fields.text(which).strip()
        if not text:
            continue
        if which is OrderField.MAX_PRICE:
            found = _check_decimal(which, text)
        elif which is OrderField.MIN_VRAM_GB:
            whole = _INTEGER.fullmatch(text) and 1 <= int(text) <= 10_000
            found = [] if whole else [_error(which, "whole GB, 1 or more")]
        else:
            found = _check_name(which, text)
        if not found and which in UNMATCHABLE:
            found = [_warning(which, "no shipped miner matches this: the job waits until it expires")]
        elif not found and regions and text not in regions:
            found = [_warning(which, f"no miner here is in it; seen: {', '.join(sorted(set(regions))[:3])}")]
        problems += found
    return problems


def check_order(
    fields: OrderFields,
    models: Sequence[OfferedModel],
    *,
    pace: Pace | None = None,
    regions: Sequence[str] = (),
) -> list[Problem]:
    """Everything to correct (errors) and to know (warnings), in the order of the fields."""
    return [
        *_check_model(fields.model, models),
        *_check_prompt(fields.prompt),
        *_check_ttl(fields.ttl, pace or Pace()),
        *_check_decimal(OrderField.PAY, fields.pay),
        *_check_count(fields.count),
        *_check_constraints(fields, regions),
    ]


def errors_of(problems: Sequence[Problem]) -> list[Problem]:
    """Those that keep an order from being sent."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def make_order(fields: OrderFields) -> JobOrder:
    """The order; raises `ConfigError` naming the first field that is not acceptable."""
    for problem in errors_of(check_order(fields, ())):
        raise ConfigError(f"{problem.field.value}: {problem.text}", remedy="nothing was sent")

    def optional(text: str) -> str | None:
        return text.strip() or None

    constraints = Constraints(
        gpu=optional(fields.gpu),
        cuda=optional(fields.cuda),
        min_vram_gb=int(fields.min_vram_gb) if fields.min_vram_gb.strip() else None,
        models=tuple(part.strip() for part in fields.models.split(",") if part.strip()),
        region=optional(fields.region),
        max_price=float(fields.max_price) if fields.max_price.strip() else None,
    )
    return JobOrder(
        model=fields.model.strip(),
        prompt=fields.prompt,  # byte for byte
        ttl_s=int(fields.ttl),
        pay=float(fields.pay),
        constraints=constraints,
        count=int(fields.count),
    )


def describe_constraints(constraints: Constraints) -> SafeText:
    """`region localhost, gpu RTX 4090`, or `none`; for previews and facts."""
    parts = [
        f"{name} {value}"
        for name, value in (
            ("region", constraints.region),
            ("gpu", constraints.gpu),
            ("cuda", constraints.cuda),
            ("min_vram_gb", constraints.min_vram_gb),
            ("models", " ".join(constraints.models) or None),
            ("max_price", constraints.max_price),
        )
        if value is not None
    ]
    return clean(", ".join(parts) or "none", 512)
