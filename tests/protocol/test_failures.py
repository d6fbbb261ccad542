"""Failures and the troubles they become, in the words of the screens."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aitbc_tui.domain.errors import (
    AitbcError,
    AuthError,
    CommandError,
    ConfigError,
    ConnectError,
    GuardError,
    HostKeyError,
    HostKeyProblem,
    HttpError,
    ParseError,
    TrustError,
    TunnelError,
)
from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.failures import classify, failure

JSON = {"content-type": "application/json"}
TEXT = {"content-type": "text/plain; charset=utf-8"}
JOB = "491cdfa22af64bb2bd3bfee9e911c0c2"


def detail(text: str) -> bytes:
    return json.dumps({"detail": text}).encode()


def seen(status: int, body: bytes, asked: Ask | None = None, headers: dict[str, str] = JSON, **how: object) -> Trouble:
    what = asked.what if asked else "GET /x"
    return classify(failure(status, headers, body, what, "genesis"), asked, **how)


def test_a_missing_key_is_named_with_the_place_to_put_it() -> None:
    trouble = seen(401, detail("invalid api key"), requests.admin_miners())
    assert (trouble.kind, trouble.status) == (TroubleKind.REFUSED, 401)
    assert trouble.detail == "needs an admin key: /v1/admin/miners answered 401"
    assert "admin_file" in trouble.remedy


def test_a_refused_key_is_another_thing() -> None:
    trouble = seen(401, detail("invalid api key"), requests.job(JOB), key_sent=True)
    assert trouble.detail.startswith("the client key is not accepted")


def test_403_is_no_wrong_key() -> None:
    trouble = seen(403, detail("Forbidden"), requests.admin_miners())
    assert trouble.kind is TroubleKind.REFUSED
    assert trouble.detail == "this key may not (403). Not a wrong key: the route is closed to role admin"


@pytest.mark.parametrize(
    ("status", "body"), [(404, detail("Not Found")), (405, detail("Method Not Allowed")), (404, b"")]
)
def test_absent(status: int, body: bytes) -> None:
    trouble = seen(status, body, Ask("GET", "/rpc/peers"))
    assert trouble.kind is TroubleKind.ABSENT
    assert trouble.detail == f"this version has no peers endpoint (GET /rpc/peers {status})"


@pytest.mark.parametrize("text", ["no blocks yet", "block not found", "job not found", "receipt not available"])
def test_no_such_thing_is_not_no_such_route(text: str) -> None:
    trouble = seen(404, detail(text), requests.head())
    assert (trouble.kind, trouble.detail) == (TroubleKind.EMPTY, text)
    why = "the chain is empty, or the node does not know this chain_id"
    assert trouble.remedy == (why if text == "no blocks yet" else "")


def test_425_may_last_for_ever() -> None:
    trouble = seen(425, detail("job not ready"), requests.result(JOB))
    assert (trouble.kind, trouble.detail) == (TroubleKind.EMPTY, "job not ready")


@pytest.mark.parametrize(
    ("status", "headers", "body", "words"),
    [
        (500, TEXT, b"Internal Server Error", 'broken: 500 "Internal Server Error"'),
        (503, JSON, detail("Internal server error"), 'broken: 503 "Internal server error"'),
        (502, {"content-type": "text/html"}, b"<html>bad gateway</html>", 'broken: 502 "a web page, not the API"'),
        (500, {}, b"", 'broken: 500 "no reason given"'),
        (500, JSON, b"{", 'broken: 500 "an unreadable body"'),
    ],
)
def test_broken(status: int, headers: dict[str, str], body: bytes, words: str) -> None:
    trouble = seen(status, body, requests.admin_stats(), headers)
    assert (trouble.kind, trouble.detail) == (TroubleKind.BROKEN, words)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry-after": "60"}, 60.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "999999"}, 3600.0),
        ({}, 60.0),
        ({"retry-after": "soon"}, 60.0),
        ({"retry-after": "Sun, 22 Nov 2026 04:00:30 GMT", "date": "Sun, 22 Nov 2026 04:00:00 GMT"}, 30.0),
    ],
)
def test_limited(headers: dict[str, str], pause: float) -> None:
    trouble = seen(429, detail("Rate limit exceeded"), requests.head(), JSON | headers, now=10.0)
    assert (trouble.kind, trouble.retry_at) == (TroubleKind.LIMITED, 10.0 + pause)
    assert trouble.detail == f"asked too often, pauses {pause:.0f} s"


def test_a_refused_write_says_why_and_a_read_that_is_misunderstood_is_broken() -> None:
    assert seen(409, detail("job not cancelable"), requests.cancel_job(JOB)).detail == "refused: job not cancelable"
    assert seen(422, detail("x"), requests.mempool()).kind is TroubleKind.BROKEN


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectError("x"), TroubleKind.CONNECT),
        (ConnectError("x", timed_out=True), TroubleKind.TIMEOUT),
        (HostKeyError("x", problem=HostKeyProblem.CHANGED), TroubleKind.HOST_KEY),
        (AuthError("x"), TroubleKind.AUTH),
        (TunnelError("x"), TroubleKind.TUNNEL),
        (TunnelError("x", timed_out=True), TroubleKind.TIMEOUT),
        (CommandError("x", exit_status=127), TroubleKind.COMMAND),
        (CommandError("x", timed_out=True), TroubleKind.TIMEOUT),
        (HttpError("no answer", timed_out=True), TroubleKind.TIMEOUT),
        (HttpError("closed without an answer"), TroubleKind.CONNECT),
        (ParseError("x"), TroubleKind.BROKEN),
        (ConfigError("x"), TroubleKind.ABSENT),
        (GuardError("x"), TroubleKind.REFUSED),
        (TrustError("x"), TroubleKind.BROKEN),
    ],
)
def test_every_phase(error: AitbcError, kind: TroubleKind) -> None:
    error.host, error.remedy = "genesis", "do this"
    trouble = classify(error, now=3.0, retry_at=9.0)
    assert (trouble.kind, trouble.remedy, trouble.since, trouble.retry_at) == (kind, "do this", 3.0, 9.0)
    assert "genesis" in trouble.detail


def test_every_phase_has_a_kind() -> None:
    made_of_words = (cls for cls in AitbcError.__subclasses__() if cls.__module__ == AitbcError.__module__)
    classes = [cls for cls in made_of_words if cls is not HostKeyError]
    assert len(classes) >= 8
    assert all(classify(cls("x")).kind for cls in classes)


def test_what_was_sent_is_never_repeated() -> None:
    body = json.dumps({"detail": [{"loc": ["body", "payload"], "msg": "wrong", "input": "a secret prompt"}]}).encode()
    error = failure(422, JSON, body, "POST /v1/jobs", "c")
    assert error.detail == 'POST /v1/jobs answered 422 "payload: wrong"'


def test_sql_and_escapes_are_cut_and_cleaned() -> None:
    error = failure(500, JSON, detail("bad \x1b[31m[SQL: INSERT]\nmore" + "x" * 9999), "POST /x", "c")
    assert "\x1b" not in error.detail and "more" not in error.detail
    assert len(failure(500, TEXT, b"y" * 9999, "GET /x", "c").body_detail) == 200


@given(
    st.integers(300, 599),
    st.dictionaries(st.sampled_from(["content-type", "retry-after", "location"]), st.text()),
    st.binary(),
)
def test_any_answer(status: int, headers: dict[str, str], body: bytes) -> None:
    error = failure(status, headers, body, "GET /x", "c")
    assert isinstance(classify(error), Trouble)
    assert "\n" not in str(error) and "\x1b" not in str(error)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda c: (
            st.lists(c)
            | st.dictionaries(st.sampled_from(["detail", "loc", "msg", "error", "details", "field", "message"]), c)
        ),
    )
)
def test_any_json_error(value: object) -> None:
    failure(422, JSON, json.dumps(value).encode(), "GET /x", "c")
