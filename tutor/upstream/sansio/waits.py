"""How long a server wants to be left alone, in any of the ways in which servers say it. Pure.

Headers stand around a response, around an error or inside one, as texts or as numbers:
`retry-after-ms`, `retry-after` (seconds or a date), and `x-ratelimit-reset-*` (a duration such as
«6m0s», or a time). Others say it in a field of the error, or only in its text.
"""

import math
import re
from typing import Any, Final

# No server is taken at its word for longer.
MAX_WAIT_S: Final = 24 * 3600.0
# A number above is a time and no duration: seconds, or milliseconds, since 1970.
EPOCH_S: Final = 1e9
EPOCH_MS: Final = 1e12

MS: Final = 1000
_UNITS_S: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_NUMBER: Final = r"\d{1,15}(?:\.\d{1,15})?"
_UNIT: Final = (
    r"(?:m(?:illi)?s(?:ec(?:ond)?)?s?|s(?:ec(?:ond)?s?)?"
    r"|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?)"
)
_PART: Final = re.compile(rf"({_NUMBER})\s*({_UNIT})(?![a-z])", re.IGNORECASE)
_PARTS: Final = rf"{_NUMBER}\s*{_UNIT}(?:(?:,|\s|\band\b)*{_NUMBER}\s*{_UNIT})*(?![a-z])"
_DURATION: Final = re.compile(_PARTS, re.IGNORECASE)
# «Please try again in 1m30.5s», «Please retry after 28.5 seconds», «wait 20 seconds».
_IN_TEXT: Final = re.compile(
    r"\b(?:again|retry|retrying|wait|available|reset\w*)\b"
    r"(?:\s+(?:again|in|after|for|at least|about))*"
    rf"\s+({_PARTS}|{_NUMBER}(?!\.?\w))",
    re.IGNORECASE,
)
# So much of a text is looked at: it may quote the whole request.
MAX_TEXT_CHARS: Final = 2_000
# RFC 9110, IMF-fixdate: «Sun, 06 Nov 1994 08:49:37 GMT».
_DATE: Final = re.compile(
    r"\s*[a-z]{3}, (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT\s*", re.IGNORECASE
)
_MONTHS: Final = "janfebmaraprmayjunjulaugsepoctnovdec"
_RESET: Final = "x-ratelimit-reset"
_REMAINING: Final = "x-ratelimit-remaining"


def told_wait_s(error: dict[str, Any], event: dict[str, Any], now: float | None) -> float | None:
    """Seconds, from 0 to MAX_WAIT_S; None if the server does not say. Never raises.

    `error` is what was said, `event` what stands around it; `now` is the time since 1970, for the
    dates of a server that does not say what it thinks the time is.
    """
    for said in (_by_name(event.get("headers")), _by_name(error.get("headers"))):
        wait = _in_headers(said, now)
        if wait is not None:
            return wait
    fields = _by_name(error)
    for name, per_s in (("retry_after_ms", MS), ("retry_after", 1), ("retrydelay", 1)):
        wait = wait_s(fields.get(name), now, per_s)
        if wait is not None:
            return wait
    message = error.get("message")
    found = _IN_TEXT.search(message[:MAX_TEXT_CHARS]) if isinstance(message, str) else None
    return wait_s(found[1], now) if found else None


def wait_s(value: Any, now: float | None, per_s: int = 1) -> float | None:
    """The seconds that one value stands for: a number of which a second has `per_s`, a duration, a
    time or a date.

    From 0 to MAX_WAIT_S; None for anything else, and for a time if it is not known what it is now.
    """
    number = _number(value)
    if number is not None:
        if number < EPOCH_S:
            return _bounded(number / per_s)
        at = number / MS if number >= EPOCH_MS else number
    elif not isinstance(value, str):
        return None
    elif _DURATION.fullmatch(value.strip()):
        return _bounded(sum(map(_part_s, _PART.findall(value))))
    else:
        date = http_date(value)
        if date is None:
            return None
        at = date
    return None if now is None else _bounded(at - now)


def http_date(text: str) -> float | None:
    """A date of HTTP in seconds since 1970; None if it is none."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    day, month_name, year, hours, minutes, seconds = found.groups()
    month, rest = divmod(_MONTHS.find(month_name.lower()), 3)
    if rest:
        return None
    # Years begin in March here, so that a leap day is the last one.
    years = int(year) - (month < 2)
    days = (153 * ((month + 10) % 12) + 2) // 5 + int(day) - 1
    days += 365 * years + years // 4 - years // 100 + years // 400 - 719_468
    return days * 86_400.0 + int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def _by_name(fields: Any) -> dict[str, Any]:
    """Fields by their names in small letters; none if these are no fields."""
    if not isinstance(fields, dict):
        return {}
    return {name.lower(): value for name, value in fields.items() if isinstance(name, str)}


def _in_headers(said: dict[str, Any], now: float | None) -> float | None:
    date = said.get("date")
    there = http_date(date) if isinstance(date, str) else None
    now = now if there is None else there
    for name, per_s in (("retry-after-ms", MS), ("retry-after", 1)):
        wait = wait_s(said.get(name), now, per_s)
        if wait is not None:
            return wait
    waits = [
        wait
        for name, value in said.items()
        if name.startswith(_RESET) and _is_used_up(said.get(name.replace(_RESET, _REMAINING)))
        if (wait := wait_s(value, now)) is not None
    ]
    return max(waits, default=None)


def _is_used_up(remaining: Any) -> bool:
    """Whether nothing is left of a limit, as far as is known."""
    return not _number(remaining)


def _number(value: Any) -> float | None:
    """A finite number, or the text of one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _part_s(part: tuple[str, str]) -> float:
    number, unit = part
    name = unit.lower()
    is_ms = name.startswith(("ms", "milli"))
    return float(number) / MS if is_ms else float(number) * _UNITS_S[name[0]]


def _bounded(seconds: float) -> float:
    return max(0.0, min(seconds, MAX_WAIT_S))
