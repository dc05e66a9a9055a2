"""The next request's input: the delta to what a socket holds, or everything. Pure.

The items in the database are the conversation. A socket remembers one response (its Baseline);
as long as nothing else has changed, only what is new goes upstream. Otherwise everything does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile

from tutor.method.facts import is_facts, is_withheld_notice
from tutor.method.tools import ends_turn
from tutor.protocol.calls import Payload

# Fields that the API adds to its own output and may leave out or change when it is sent back: they
# do not make another conversation.
VOLATILE = frozenset({"id", "status", "annotations", "logprobs"})


@dataclass(frozen=True)
class Baseline:
    """The state of one socket: the response `response_id`, which answers `items` under `fields`."""

    response_id: str
    fields: Payload
    items: tuple[Payload, ...]


@dataclass(frozen=True)
class Plan:
    """The `input` to send, and the response it continues, or None if it is the whole history."""

    input: tuple[Payload, ...]
    previous_response_id: str | None


def plan(fields: Payload, items: Sequence[Payload], baseline: Baseline | None) -> Plan:
    """The input that brings a socket with this baseline to exactly `items`.

    `fields` are those of the request except input, generate and previous_response_id.
    """
    if baseline is None or baseline.fields != fields:
        return Plan(tuple(items), None)
    known = len(baseline.items)
    if len(items) < known or not _same(items[:known], baseline.items):
        return Plan(tuple(items), None)
    return Plan(tuple(items[known:]), baseline.response_id)


def advance(
    fields: Payload, items: Sequence[Payload], response_id: str, output: Sequence[Payload]
) -> Baseline:
    """The baseline of a socket after it has answered `items` with `output`."""
    return Baseline(response_id, fields, (*items, *output))


# The next step, as the rows say it -------------------------------------------------------------


@dataclass(frozen=True)
class WaitForStudent:
    """The tutor has answered, or nothing was asked yet."""


@dataclass(frozen=True)
class AskAgain:
    """The model owes an answer."""


@dataclass(frozen=True)
class RunCalls:
    """The calls at these places among the items have no output yet."""

    places: tuple[int, ...]


Next = WaitForStudent | AskAgain | RunCalls


def next_step(items: Sequence[Payload], withheld: Collection[int] = ()) -> Next:
    """The next step of a conversation, or of its last turn, that was left behind after `items`.

    Of those at the places `withheld` the student has seen nothing.
    """
    calls = open_calls(items)
    if calls:
        return RunCalls(calls)
    # A response may end with what the model only thought; facts are nobody's words.
    places = [place for place, item in enumerate(items) if not _is_unsaid(item)]
    behind = items[places[-1] + 1 :] if places else ()
    if any(map(is_withheld_notice, behind)) or (places and places[-1] in withheld):
        return AskAgain()
    spoken = [items[place] for place in places]
    if not spoken or spoken[-1].get("role") == "assistant":
        return WaitForStudent()
    outputs = list(takewhile(_is_output, reversed(spoken)))
    if ends_turn(outputs) and not has_unanswered(items):
        return WaitForStudent()
    return AskAgain()


def has_unanswered(items: Sequence[Payload]) -> bool:
    """True if a message of the student's stands behind the last call, whose response could not
    answer it any more."""
    for item in reversed(items):
        if item["type"] == "function_call":
            return False
        if item.get("role") == "user":
            return True
    return False


def times_withheld(items: Sequence[Payload]) -> int:
    """How many answers among `items` the model was told to have been withheld."""
    return sum(map(is_withheld_notice, items))


def facts_due(items: Sequence[Payload]) -> bool:
    """True if there are messages of the student's with no facts before or behind them.

    Facts stand before all messages that are stored with them.
    """
    is_due, before = False, ""
    for item in items:
        role = str(item.get("role", ""))
        if role == "developer":
            is_due = False
        elif role == "user" and before not in ("developer", "user"):
            is_due = True
        before = role
    return is_due


def open_calls(items: Sequence[Payload]) -> tuple[int, ...]:
    """The places of the calls without an output, in order.

    Servers may give many calls one `call_id`: an output answers the first call before it that has
    this id and no output yet. One that answers none is passed over.
    """
    calls: list[int] = []
    for place, item in enumerate(items):
        if item["type"] == "function_call":
            calls.append(place)
        elif item["type"] == "function_call_output":
            same = (at for at in calls if items[at].get("call_id") == item.get("call_id"))
            if (answered := next(same, None)) is not None:
                calls.remove(answered)
    return tuple(calls)


def _is_unsaid(item: Payload) -> bool:
    return item["type"] in ("reasoning", "compaction") or is_facts(item)


def _is_output(item: Payload) -> bool:
    return bool(item["type"] == "function_call_output")


def _same(ours: Sequence[Payload], theirs: Sequence[Payload]) -> bool:
    # Nearly all of them are the very same objects: a long dialogue is not walked through each time.
    return all(a is b or _essence(a) == _essence(b) for a, b in zip(ours, theirs, strict=True))


def _essence(value: object) -> object:
    if isinstance(value, dict):
        return {key: _essence(part) for key, part in value.items() if key not in VOLATILE}
    if isinstance(value, list | tuple):
        return [_essence(part) for part in value]
    return value
