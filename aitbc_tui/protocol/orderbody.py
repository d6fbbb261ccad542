"""The body of a submitted job: what the shipped client sends, with the prompt byte for byte."""

from __future__ import annotations

import json
import math
import re

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.work import Constraints, JobOrder

_SURROGATE = re.compile("[\ud800-\udfff]")


def order_body(order: JobOrder) -> bytes:
    """One job (`order.count` is the caller's loop); ConfigError for what would poison the coordinator's lists."""
    _check_order(order)
    payload: dict[str, object] = {"type": order.job_type, "model": order.model, "prompt": order.prompt}
    # The shipped client repeats the prompt here; miners that read their parameters from there must find it.
    payload["parameters"] = {"prompt": order.prompt}
    document: dict[str, object] = {"payload": payload}
    if limits := _constraints(order.constraints):
        document["constraints"] = limits
    document["ttl_seconds"] = order.ttl_s
    if order.pay > 0:
        document |= {"payment_amount": order.pay, "payment_currency": "AITBC"}
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8")


def lone_surrogate(text: str) -> int | None:
    """Where the first half character stands: a prompt with one makes every page with its receipt a 500 (Q6)."""
    match = _SURROGATE.search(text)
    return match.start() if match else None


def _check_order(order: JobOrder) -> None:
    texts = (("prompt", order.prompt), ("model", order.model), ("type", order.job_type), *_texts(order.constraints))
    for name, text in texts:
        at = lone_surrogate(text)
        if at is not None:
            raise ConfigError(
                f"the {name} holds half a character (a lone surrogate) at position {at}",
                remedy="remove it: with it every page that lists the receipt fails for everybody",
            )
    if not math.isfinite(order.pay) or order.pay < 0:
        raise ConfigError("the payment must be 0 or more")


def _texts(limits: Constraints) -> tuple[tuple[str, str], ...]:
    pairs = (("gpu", limits.gpu or ""), ("cuda", limits.cuda or ""), ("region", limits.region or ""))
    return (*pairs, *(("models", name) for name in limits.models))


def _constraints(limits: Constraints) -> dict[str, object]:
    """Only what was asked for: a null constraint is a 422 in one generation and an echo in the receipt in another."""
    given: dict[str, object] = {
        "gpu": limits.gpu,
        "cuda": limits.cuda,
        "min_vram_gb": limits.min_vram_gb,
        "models": list(limits.models) or None,
        "region": limits.region,
        "max_price": limits.max_price,
    }
    return {name: value for name, value in given.items() if value is not None}
