"""What may be ordered: every limit from both sides, and that nothing is corrected silently."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.order import (
    OrderField,
    OrderFields,
    Pace,
    Problem,
    Severity,
    check_order,
    describe_constraints,
    errors_of,
    make_order,
)
from aitbc_tui.domain.work import Constraints
from tests.fixtures.details import MODELS

GOOD = OrderFields(model="llama3.2:latest", prompt="hi")


def found(which: OrderField, **changed: str) -> Problem | None:
    problems = check_order(replace(GOOD, **changed), MODELS)
    assert all(problem.field is which for problem in problems), problems
    return problems[0] if problems else None


def test_a_good_order_has_no_problem() -> None:
    assert check_order(GOOD, MODELS) == []


@pytest.mark.parametrize("ttl", ["60", "900", "86400", " 900 "])
def test_ttl_within_its_limits(ttl: str) -> None:
    assert found(OrderField.TTL, ttl=ttl) is None


@pytest.mark.parametrize("ttl", ["", "59", "0", "-60", "86401", "1.5", "1e3", "٦٠", "9" * 30, "60s"])
def test_ttl_outside_its_limits_is_an_error(ttl: str) -> None:
    problem = found(OrderField.TTL, ttl=ttl)
    assert problem is not None and problem.severity is Severity.ERROR


def test_a_short_ttl_says_why() -> None:
    problems = check_order(replace(GOOD, ttl="30"), MODELS, pace=Pace(14.0, 20.0))
    assert problems[0].text == "at least 60: a job takes 14 s, the queue adds 20 s, a miner may poll late"
    assert check_order(replace(GOOD, ttl="30"), MODELS)[0].text == "at least 60: a miner may poll late"


@pytest.mark.parametrize("pay", ["0", "0.5", "12.12345678", "3.10000000000"])
def test_pay_that_is_accepted(pay: str) -> None:
    assert found(OrderField.PAY, pay=pay) is None


@pytest.mark.parametrize("pay", ["", "-1", "1,5", "nan", "inf", "1e9", "x", "1.", ".5", "9" * 20])
def test_pay_that_is_no_amount(pay: str) -> None:
    problem = found(OrderField.PAY, pay=pay)
    assert problem is not None and problem.severity is Severity.ERROR


def test_a_ninth_decimal_of_a_payment_is_a_warning() -> None:
    problem = found(OrderField.PAY, pay="0.123456789")
    assert problem is not None and problem.severity is Severity.WARNING


@pytest.mark.parametrize(("count", "good"), [("1", True), ("20", True), ("0", False), ("21", False), ("", False)])
def test_count(count: str, good: bool) -> None:
    assert (found(OrderField.COUNT, count=count) is None) is good


@pytest.mark.parametrize("prompt", ["", "  \n ", "half \ud83d a character"])
def test_prompts_that_would_do_harm(prompt: str) -> None:
    problem = found(OrderField.PROMPT, prompt=prompt)
    assert problem is not None and problem.severity is Severity.ERROR
    problem.text.encode("utf-8")  # the message itself can be shown


def test_a_prompt_too_large_says_how_large() -> None:
    problem = found(OrderField.PROMPT, prompt="ä" * 500_001)
    assert problem is not None and "1,000,002" in problem.text
    assert found(OrderField.PROMPT, prompt="x" * 1_000_000) is None


def test_a_model_nobody_has_is_a_warning() -> None:
    problem = found(OrderField.MODEL, model="gpt-9")
    assert problem is not None and problem.severity is Severity.WARNING and "silently substitute" in problem.text
    problem = found(OrderField.MODEL, model="mistral")
    assert problem is not None and "Did you mean mistral:latest?" in problem.text
    assert check_order(GOOD, ())[0].severity is Severity.WARNING  # nothing is known of what they hold


@pytest.mark.parametrize("model", ["", "  ", "a\x1b[31m", "a\ud83d", "m" * 201])
def test_a_model_that_cannot_be_one(model: str) -> None:
    problem = found(OrderField.MODEL, model=model)
    assert problem is not None and problem.severity is Severity.ERROR


def test_only_region_can_match() -> None:
    for name in ("gpu", "cuda", "models"):
        problem = found(OrderField(name), **{name: "any"})
        assert problem is not None and problem.severity is Severity.WARNING
    assert check_order(replace(GOOD, region="localhost"), MODELS, regions=["localhost"]) == []
    assert check_order(replace(GOOD, region="mars"), MODELS, regions=["localhost"])[0].severity is Severity.WARNING
    assert errors_of(check_order(replace(GOOD, min_vram_gb="0"), MODELS))
    assert errors_of(check_order(replace(GOOD, max_price="-1"), MODELS))


def test_the_order_carries_the_prompt_byte_for_byte() -> None:
    fields = replace(GOOD, prompt=" a\r\n\tb\x00 ", pay="0.5", count="3", models="a, b,", min_vram_gb="24", gpu=" X ")
    order = make_order(fields)
    assert order.prompt == " a\r\n\tb\x00 "
    assert (order.pay, order.count, order.ttl_s) == (0.5, 3, 900)
    assert order.constraints == Constraints(gpu="X", min_vram_gb=24, models=("a", "b"))
    assert describe_constraints(order.constraints) == "gpu X, min_vram_gb 24, models a b"
    assert fields.prompt not in repr(order) and fields.prompt not in repr(fields)


def test_a_bad_order_is_refused_with_the_field() -> None:
    with pytest.raises(ConfigError, match="ttl: at least 60"):
        make_order(replace(GOOD, ttl="1"))


typed = st.one_of(st.text(max_size=30), st.integers(-5, 100_000).map(str), st.floats(-1, 10).map(str))


@given(st.dictionaries(st.sampled_from([field.name for field in dataclasses.fields(OrderFields)]), typed, max_size=4))
@example({})
@example({"ttl": "60", "pay": "0", "count": "1"})
@example({"ttl": "86400", "count": "20"})
def test_whatever_is_typed_is_checked_or_ordered(changes: dict[str, str]) -> None:
    fields = replace(GOOD, **changes)
    if errors_of(check_order(fields, MODELS)):
        with pytest.raises(ConfigError):
            make_order(fields)
    else:
        order = make_order(fields)
        assert 60 <= order.ttl_s <= 86_400 and order.pay >= 0 and 1 <= order.count <= 20
