"""The items of one response, from what was said while it was written and from its end. Pure.

Servers end a response with no items, with unfinished ones, or with some left out, after they have
sent them whole. Neither source is believed alone: of each item the more complete one is kept.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tutor.protocol.calls import Payload
from tutor.turn.history import VOLATILE
from tutor.upstream.sansio import parse

UNFINISHED: Final = ("in_progress", "incomplete")
# The API's reason for an answer that was cut.
TOO_MANY_TOKENS: Final = "max_output_tokens"

Completeness = tuple[bool, int, bool, int, bool]


def with_cut(done: parse.ResponseDone, cap: int, window: int) -> parse.ResponseDone:
    """The response, marked as cut where it fills its bound of `cap` tokens, or the model's whole
    `window`, and its server calls it complete; llama.cpp does. 0 is no bound.
    """
    usage = done.usage
    is_full = 0 < cap <= usage.output or 0 < window <= usage.input + usage.output
    ends_in_text = bool(done.items) and done.items[-1].get("type") == "message"
    if is_full and ends_in_text and not done.cut_short:
        return replace(done, cut_short=TOO_MANY_TOKENS)
    return done


class Output:
    """What was heard of one response before its end."""

    def __init__(self) -> None:
        # The items that are done, by their index.
        self._done: dict[int, Payload] = {}
        self._text: list[str] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing was heard."""
        return not self._done and not self._text

    @property
    def has_items(self) -> bool:
        """Whether an item is done."""
        return bool(self._done)

    def add_text(self, text: str) -> None:
        """A piece of text was heard."""
        self._text.append(text)

    def add(self, done: parse.ItemDone) -> None:
        """An item is done. One that comes twice counts once; one whose index is missing, or that
        of another item, comes last.
        """
        index, item = done.index, done.item
        before = None if index is None else self._done.get(index)
        if index is not None and before is None:
            self._done[index] = item
        elif index is not None and before and _is_again(item, before):
            self._done[index] = fuller(item, before)
        elif not any(item == other or _same_id(item, other) for other in self._done.values()):
            self._done[max(self._done, default=-1) + 1] = item

    def merged(self, terminal: Sequence[Payload]) -> tuple[Payload, ...]:
        """The items of the response that ends with `terminal`; some may be parse.UNREADABLE_ITEM.

        Where no message of either source has any text, the pieces that were said are one.
        """
        items = merge(terminal, self._done)
        text = "".join(self._text)
        messages = [place for place, item in enumerate(items) if item.get("type") == "message"]
        if not text or any(_text(items[place]) for place in messages):
            return items
        if messages:
            place = messages[0]
            return (*items[:place], _with_text(items[place], text), *items[place + 1 :])
        calls = (at for at, item in enumerate(items) if item.get("type") in ("function_call", None))
        place = next(calls, len(items))
        return (*items[:place], _message(text), *items[place:])


def readable(items: Sequence[Payload]) -> tuple[Payload, ...]:
    """The items without those that cannot be read, and without what the model thought just before
    it said one of them. Empty if nothing is left of what it said or called for.
    """
    kept: list[Payload] = []
    for item in items:
        if item:
            kept.append(item)
            continue
        while kept and kept[-1]["type"] == "reasoning":
            kept.pop()
    says = any(item["type"] == "function_call" or _text(item) for item in kept if _speaks(item))
    return tuple(kept) if says else ()


def merge(terminal: Sequence[Payload], done: dict[int, Payload]) -> tuple[Payload, ...]:
    """`terminal` with each item that it lacks, or has less complete, as it is in `done`.

    Two are paired if they are one item: by an id that is no other's, as equals, or at the same
    place if one is a part of the other. Places come last, for a terminal may have left items out.
    """
    left = dict(sorted(done.items()))
    # By position in the terminal, the index of what it was paired with.
    pairs: dict[int, int] = {}
    names = Counter(str(item.get("id")) for item in (*terminal, *done.values()))

    def by_id(ours: Payload, other: Payload, _here: bool) -> bool:
        # Twice: once in each source.
        return _same_id(ours, other) and names[str(ours["id"])] == 2

    for alike in (by_id, _equal, _same_but_names, _same_words, _same_place, _less):
        for place, item in enumerate(terminal):
            if place in pairs:
                continue
            found = [index for index in left if alike(item, left[index], place == index)]
            if found:
                pairs[place] = place if place in found else found[0]
                del left[pairs[place]]
    merged = [
        (pairs.get(place, -1), fuller(item, done[pairs[place]]) if place in pairs else item)
        for place, item in enumerate(terminal)
    ]
    for index, item in left.items():
        before = [at for at, (known, _) in enumerate(merged, start=1) if known in range(index)]
        merged.insert(max(before, default=0), (index, item))
    return tuple(item for _, item in merged)


def fuller(item: Payload, other: Payload) -> Payload:
    """The more complete one; `item` if neither is."""
    return other if completeness(item) < completeness(other) else item


def completeness(item: Payload) -> Completeness:
    """How much of an item is there: compared, the greater one is the more complete.

    In this order: whether the arguments of a call are whole, and how long they are, its seal, how
    much text, and whether it says that it is finished.
    """
    arguments = item.get("arguments")
    whole, length = _arguments(arguments) if isinstance(arguments, str) else (False, 0)
    is_finished = bool(item) and item.get("status") not in UNFINISHED
    return whole, length, bool(item.get("encrypted_content")), len(_text(item)), is_finished


def _arguments(text: str) -> tuple[bool, int]:
    """Whether these are the arguments of a call, and how long they are, however written."""
    try:
        parsed = json.loads(text)
        if isinstance(parsed, dict):
            return True, len(json.dumps(parsed))
    except (ValueError, RecursionError):
        pass
    return False, len(text)


def _text(item: Payload) -> str:
    said = []
    for content in (item.get("summary"), item.get("content")):
        parts = content if isinstance(content, list) else [{"text": content}]
        said += [part.get("text") or part.get("refusal") for part in parts if type(part) is dict]
    return "".join(text for text in said if isinstance(text, str))


# Whether an item of the terminal (`ours`) and one that is done are one item; see `merge`.


def _equal(ours: Payload, done: Payload, _here: bool) -> bool:
    return _without(ours) == _without(done)


def _same_but_names(ours: Payload, done: Payload, _here: bool) -> bool:
    return bool(ours) and _without(ours, "call_id") == _without(done, "call_id")


def _same_place(ours: Payload, done: Payload, here: bool) -> bool:
    return here and (not ours or _same_id(ours, done) or _is_part(ours, done))


def _less(ours: Payload, done: Payload, _here: bool) -> bool:
    return not ours or (_is_part(ours, done) and completeness(ours) < completeness(done))


def _same_words(ours: Payload, done: Payload, _here: bool) -> bool:
    # Some servers trim a text at its end, under another id.
    words = _text(ours).split()
    return bool(words) and ours["type"] == done["type"] and words == _text(done).split()


def _is_again(item: Payload, before: Payload) -> bool:
    return _same_id(item, before) or _same_but_names(item, before, True)


def _is_part(one: Payload, other: Payload) -> bool:
    """Whether one may be the other before it was whole, or the reverse."""
    if one["type"] != other["type"]:
        return False
    less, more = sorted((one, other), key=completeness)
    whole, _, sealed, *_ = completeness(less)
    return not whole and not sealed and _text(more).lstrip().startswith(_text(less).lstrip())


def _same_id(one: Payload, other: Payload) -> bool:
    essentials = ("type", "id", "call_id")
    return bool(one.get("id")) and all(one.get(name) == other.get(name) for name in essentials)


def _without(item: Payload, *names: str) -> Payload:
    return {key: value for key, value in item.items() if key not in VOLATILE.union(names)}


def _speaks(item: Payload) -> bool:
    return item["type"] in ("message", "function_call")


def _message(text: str) -> Payload:
    item = {"type": "message", "role": "assistant", "status": "completed"}
    return _with_text(item, text)


def _with_text(item: Payload, text: str) -> Payload:
    return {**item, "content": [{"type": "output_text", "text": text, "annotations": []}]}
