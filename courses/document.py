"""One YAML file: plain values, and the place of each. Never raises on any text.

YAML 1.2, a subset that means what it seems to mean: `no`, `on` and `1:30` are text, keys are text,
a key stands once, and there are no anchors, aliases, merges, tags or second documents. So a file
cannot unfold into more than it is (no «billion laughs»), and every value has one place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from courses.problems import Mark, Problem, Severity, quoted

# Where a value stands in its document: keys and indexes from the top.
Place = tuple[str | int, ...]

# Lists and mappings inside one another. A lesson needs six.
MAX_DEPTH = 16

# The scalars of YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema) that are not
# text. Longer numbers, `0x1F` and `0o17` stay text: nothing here is counted like that.
_NULL = re.compile(r"|~|null|Null|NULL")
_BOOL = re.compile(r"(true|True|TRUE)|(false|False|FALSE)")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_EXPONENT = r"[eE][-+]?[0-9]{1,3}"
_FLOAT = re.compile(
    rf"[-+]?((\.[0-9]{{1,30}}|[0-9]{{1,30}}\.[0-9]{{0,30}})({_EXPONENT})?|[0-9]{{1,30}}{_EXPONENT})"
)

# Pairs of what the parser says and what an author can do about it.
_ADVICE = (
    (
        "mapping values are not allowed",
        "a `: ` that can't stand here; quote the text, or check the indentation",
    ),
    ("found character '\\t'", "a tab; indent with spaces"),
    ("could not find expected ':'", "a key without its `: `"),
    ("found unexpected end of stream", "a quote that is never closed"),
    ("expected ',' or ']'", "a list in brackets needs `,` or `]` here"),
    ("expected ',' or '}'", "a mapping in braces needs `,` or `}` here"),
    ("expected <block end>", "this does not line up with the lines above; check the indentation"),
    ("cannot start any token", "a text may not begin with this character; put it in quotes"),
)


@dataclass(frozen=True)
class Document:
    """A file that parsed. `places` has each value's mark, `keys` the mark of each value's key."""

    file: str
    data: Any
    places: dict[Place, Mark]
    keys: dict[Place, Mark]

    def mark(self, place: Place) -> Mark:
        """The beginning of the value at `place`."""
        return self.places[self.nearest(place)]

    def key_mark(self, place: Place) -> Mark:
        """The beginning of the key at `place`; in a list, of the value itself."""
        return self.keys.get(place) or self.mark(place)

    def nearest(self, place: Place) -> Place:
        """`place` without the parts that are not in the file: union tags, keys that are missing."""
        known: Place = ()
        for part in place:
            if (*known, part) in self.places:
                known = (*known, part)
        return known

    def value(self, place: Place) -> Any:
        """The value at `place`, which is one of `places`."""
        value = self.data
        for part in place:
            value = value[part]
        return value


@dataclass(frozen=True)
class Finding:
    """Something to put right at a place of a document, or of a part of one."""

    place: Place
    message: str
    severity: Severity = "error"


def parse(file: str, text: str, problems: list[Problem]) -> Document | None:
    """The document in `text`, or None; what is wrong is added to `problems`.

    A document can come back together with problems (a key that stands twice, say), so that the
    rest of the file can be checked as well.
    """
    builder = _Builder(file, problems)
    try:
        # Not the round-trip parser: comments are of no interest here.
        return builder.document(YAML(typ="safe", pure=True).parse(text))
    except _NotAcceptedError as refused:
        problems.append(Problem.at(file, refused.mark, refused.message))
    except ReaderError as error:
        message = f"The character U+{ord(text[error.position]):04X} is not allowed in YAML."
        problems.append(Problem.at(file, _mark_of(text, error.position), message))
    except MarkedYAMLError as error:
        mark = _mark(_telling_mark(error))
        problems.append(Problem.at(file, mark, f"Not valid YAML: {_advice(error)}."))
    except (YAMLError, ValueError, OverflowError, LookupError, TypeError, AttributeError):
        # ruamel.yaml lets these escape on some malformed texts ("\U99999999" is one).
        problems.append(Problem.at(file, builder.last, "Not valid YAML somewhere after this."))
    return None


class _NotAcceptedError(Exception):
    """Valid YAML that is not accepted here; there is no sense in reading on."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.mark = mark
        self.message = message


@dataclass
class _Builder:
    """Makes a Document of the parser's events."""

    file: str
    problems: list[Problem]
    places: dict[Place, Mark] = field(default_factory=dict)
    keys: dict[Place, Mark] = field(default_factory=dict)
    # Where the newest event began, for errors that carry no place.
    last: Mark = field(default_factory=Mark)

    def document(self, events: Iterator[Any]) -> Document:
        for event in events:
            if isinstance(event, StreamEndEvent):
                raise _NotAcceptedError(Mark(), "The file is empty.")
            if isinstance(event, NodeEvent):
                data = self._value(event, events, ())
                break
        for event in events:
            if not isinstance(event, DocumentEndEvent | StreamEndEvent):
                raise _NotAcceptedError(
                    _mark(event.start_mark), "A second document begins here; a file holds one."
                )
        return Document(self.file, data, self.places, self.keys)

    def _value(self, event: NodeEvent, events: Iterator[Any], place: Place) -> Any:
        self.last = mark = _mark(event.start_mark)
        self._refuse_indirection(event, mark)
        self.places[place] = mark
        if len(place) > MAX_DEPTH:
            raise _NotAcceptedError(
                mark, f"More than {MAX_DEPTH} lists and mappings inside one another."
            )
        match event:
            case ScalarEvent():
                self._refuse_odd_characters(event.value, mark)
                return _scalar(event)
            case SequenceStartEvent():
                return self._list(events, place)
            case MappingStartEvent():
                return self._mapping(events, place)
            case _:
                raise TypeError(event)

    def _list(self, events: Iterator[Any], place: Place) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(self._value(event, events, (*place, len(items))))
        return items

    def _mapping(self, events: Iterator[Any], place: Place) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            mark = _mark(event.start_mark)
            key = self._key(event, mark)
            if (first := self.keys.get((*place, key))) is not None:
                message = f"The key {quoted(key)} stands twice; first in line {first.line}."
                self.problems.append(Problem.at(self.file, mark, message))
                # Read for the problems inside; the places of the first one stand.
                aside = _Builder(self.file, self.problems)
                aside._value(next(events), events, (*place, key))
                continue
            self.keys[*place, key] = mark
            value = next(events)
            mapping[key] = self._value(value, events, (*place, key))
            if isinstance(value, ScalarEvent) and not value.value and value.style is None:
                # The parser places a value that isn't there at whatever comes next.
                self.places[*place, key] = mark
        return mapping

    def _key(self, event: NodeEvent, mark: Mark) -> str:
        self._refuse_indirection(event, mark)
        if not isinstance(event, ScalarEvent):
            raise _NotAcceptedError(mark, "A key must be a word, not a list or a mapping.")
        if event.value == "<<" and event.style is None:
            raise _NotAcceptedError(mark, "Merging with `<<` is not supported; write the keys out.")
        self._refuse_odd_characters(event.value, mark)
        return str(event.value)

    def _refuse_indirection(self, event: NodeEvent, mark: Mark) -> None:
        if isinstance(event, AliasEvent):
            message = (
                f"Aliases ({quoted(f'*{event.anchor}')}) are not supported; write the value out."
            )
            raise _NotAcceptedError(mark, message)
        if event.anchor:
            message = (
                f"Anchors ({quoted(f'&{event.anchor}')}) are not supported; write the value out."
            )
            raise _NotAcceptedError(mark, message)
        if getattr(event, "tag", None):
            raise _NotAcceptedError(
                mark, "Tags (`!…`) are not supported; write the value without it."
            )

    def _refuse_odd_characters(self, text: str, mark: Mark) -> None:
        # Databases store neither; they come from escapes such as "\0" and "\ud800".
        if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
            raise _NotAcceptedError(
                mark, "This text contains NUL or half a character (a surrogate)."
            )


def _scalar(event: ScalarEvent) -> str | int | float | bool | None:
    text: str = event.value
    if event.style is not None:  # quoted, `|` or `>`
        return text
    if _NULL.fullmatch(text):
        return None
    if found := _BOOL.fullmatch(text):
        return found[1] is not None
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark is not None else Mark()


def _telling_mark(error: MarkedYAMLError) -> Any:
    if "quoted scalar" in str(error.context) and error.context_mark is not None:
        # Of a quote that is never closed, the beginning; its end is the end of the file.
        return error.context_mark
    return error.problem_mark or error.context_mark


def _mark_of(text: str, position: int) -> Mark:
    before = text[:position]
    return Mark(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


def _advice(error: MarkedYAMLError) -> str:
    said = str(error.problem or error.context or "it ends in the middle of something")
    return next((advice for sign, advice in _ADVICE if sign in said), said.rstrip("."))
