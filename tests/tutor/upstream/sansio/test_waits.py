"""How long a server wants to be left alone, in all the ways in which servers say it."""

from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.upstream.sansio import parse
from tutor.upstream.sansio.waits import MAX_WAIT_S, http_date, told_wait_s, wait_s

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7), (7, 7), (7.5, 7.5), ("0", 0), ("-5", 0), (" 3 ", 3),
        ("6m0s", 360), ("1m30.5s", 90.5), ("1m12.5s", 72.5), ("28.5 seconds", 28.5),
        ("28.5s", 28.5), ("350ms", 0.35), ("350 ms", 0.35), ("10 milliseconds", 0.01),
        ("1 minute and 30 seconds", 90), ("2 Minutes, 5 Secs", 125), ("1h2m3s", 3723),
        ("1 hour", 3600), ("3 hrs", 10_800), ("2d", MAX_WAIT_S), ("999999999", MAX_WAIT_S),
        (formatdate(NOW + 9, usegmt=True), 9), (formatdate(NOW - 9, usegmt=True), 0),
        (NOW + 12, 12), (str(int(NOW + 12)), 12), (int((NOW + 12) * 1000), 12),
    ],
)  # fmt: skip
def test_a_value_is_understood(value: Any, seconds: float) -> None:
    assert wait_s(value, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", "nan", "inf", "-inf", True, [], {}, "6x", "5 apples", "1m5", "Wed, 21 Oct",
     "Wed, 21 Okt 2026 07:28:00 GMT", 10**400, "9" * 5_000, "1e999", b"7"],
)  # fmt: skip
def test_what_is_no_time_is_none(value: Any) -> None:
    assert wait_s(value, NOW) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Rate limit reached. Please try again in 6m0s. Visit …", 360),
        ("Please try again in 1m12.5s.", 72.5),
        ("Please try again in 28.5 seconds", 28.5),
        ("Please try again in 350 ms.", 0.35),
        ("Please try again in 20.", 20),
        ("Please retry in 28.5s.", 28.5),
        ("Please retry after 20 seconds.", 20),
        ("Please wait 3 minutes before you go on.", 180),
        ("The limit resets in 1m30.5s", 90.5),
        ("Try again later.", None),
        ("Limit 30000, used 29000, requested 2000.", None),
        ("Please try again in 2s, or see https://example.org/5m", 2),
        ("try again in " + "9" * 400 + "s", None),
    ],
)
def test_a_text_is_understood(text: str, seconds: float | None) -> None:
    assert told_wait_s({"message": text}, {}, NOW) == seconds
    event = {"status": 429, "error": {"code": "rate_limit_exceeded", "message": text}}
    heard = parse.parse_error(event["error"], event)
    assert heard.retry_after_s == (parse.BUSY_S if seconds is None else seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after-ms": "350", "retry-after": "1"}, 0.35),
        ({"retry-after-ms": 350}, 0.35),
        ({"Retry-After": formatdate(NOW + 60, usegmt=True)}, 60),
        # The server's clock is another one.
        ({"Retry-After": formatdate(60, usegmt=True), "Date": formatdate(0, usegmt=True)}, 60),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-reset-tokens": "1s", "x-ratelimit-reset-requests": "20ms"}, 1),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "99",
          "x-ratelimit-reset-tokens": "2s", "x-ratelimit-remaining-tokens": "0"}, 2),
        ({"X-RateLimit-Reset": str(int((NOW + 30) * 1000))}, 30),
        ({"retry-after": "soon", "x-ratelimit-reset-tokens": "3s"}, 3),
        ({"retry-after": "3", "x-ratelimit-reset-tokens": "6m0s"}, 3),
        ({}, None), ([], None), ("retry-after: 7", None), ({7: 7}, None),
    ],
)  # fmt: skip
def test_headers_are_understood_wherever_they_stand(headers: Any, seconds: float | None) -> None:
    assert told_wait_s({}, {"headers": headers}, NOW) == seconds
    assert told_wait_s({"headers": headers}, {}, NOW) == seconds


@pytest.mark.parametrize(
    ("error", "seconds"),
    [({"retry_after": 12}, 12), ({"retry_after_ms": 350}, 0.35), ({"retryDelay": "28s"}, 28)],
)
def test_a_field_of_the_error_is_understood(error: dict[str, Any], seconds: float) -> None:
    assert told_wait_s(error, {}, None) == seconds


def test_a_date_without_a_clock_says_nothing() -> None:
    assert wait_s(formatdate(NOW, usegmt=True), None) is None
    assert wait_s(NOW, None) is None


@given(st.integers(0, 4_102_444_800))
def test_a_date_is_that_of_the_calendar(seconds: int) -> None:
    assert http_date(formatdate(seconds, usegmt=True)) == seconds


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
TIMES = st.from_regex(r"\A(again in |retry after )?[0-9]{1,20}(\.[0-9]+)? ?(ms|s|m|h|d|x)?\Z")


@given(JSON | TIMES)
@settings(max_examples=50, deadline=None)
def test_whatever_is_told_the_wait_is_bounded(value: Any) -> None:
    for where in ({"message": value}, {"headers": value}, {"retry_after": value}):
        for around in ({}, {"headers": value}, {"headers": {"retry-after": value}}):
            wait = told_wait_s(where, around, NOW)
            assert wait is None or 0 <= wait <= MAX_WAIT_S


def test_who_has_to_wait_for_minutes_is_told_how_many() -> None:
    def told(wait: str) -> str:
        return parse.parse_error({"code": "slow_down", "retry_after": wait}, {}).message

    assert told("30") == parse.OVERLOADED
    assert "in a minute" in told("31")
    assert "in 6 minutes" in told("5m2s")
    assert "in 90 minutes" in told("90m")
    assert "in 2 hours" in told("91m")
    assert "in 24 hours" in told("9d")
