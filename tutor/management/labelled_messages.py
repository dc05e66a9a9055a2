"""Files of labelled messages of a tutor: read, and every mistake in them told with its place."""

import json
import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from courses.facts import Case, CodeStep
from courses.languages import DEFAULT
from tutor.leaks.said import Channel, Said
from tutor.leaks.situation import Situation

MOST_BYTES: Final = 64 << 20
MOST_CHARACTERS: Final = 100_000
# NUL, and halves of a character (surrogates).
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")


class UnreadableFile(Exception):
    """The file holds no labelled messages; the text says where and why, for a person."""


def _text(text: str) -> str:
    if _NO_TEXT.search(text):
        raise ValueError("it has a character in it that no text has, as NUL")
    return text


def _literal(text: str) -> str:
    assert DEFAULT.syntax is not None
    if DEFAULT.syntax.literal(text) is None:
        raise ValueError("it is no value in Python's writing")
    return text


Text = Annotated[str, Field(max_length=MOST_CHARACTERS), AfterValidator(_text)]


class LabelledCase(BaseModel):
    """A test case: an input, and what is expected."""

    model_config = ConfigDict(extra="ignore", strict=True)

    call: Text = ""
    expect: Annotated[Text, AfterValidator(_literal)] | None = None
    stdin: Text = ""
    stdout: Text | None = None
    raises: Text = ""

    @model_validator(mode="after")
    def _expects(self) -> "LabelledCase":
        if self.expect is None and self.stdout is None and not self.raises:
            raise ValueError("nothing is expected: give expect, stdout or raises")
        return self


class LabelledMessage(BaseModel):
    """A message of a tutor's about a student's program, and whether it solves the task."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: Text
    task: Text
    student_code: Text
    cases: Annotated[list[LabelledCase], Field(min_length=1, max_length=100)]
    message: Text
    earlier: Annotated[list[Text], Field(max_length=1000)] = []
    label: Literal["leak", "ok"] | None = None
    kind: Text = ""

    @property
    def said(self) -> Said:
        """The message as the tutor says it."""
        return Said(Channel.REPLY, self.message)

    @property
    def situation(self) -> Situation:
        """The situation in which it is said."""
        cases = tuple(Case(**case.model_dump()) for case in self.cases)
        step = CodeStep(
            id="step", kind="code", prompt=self.task, starter="", visible=cases, solution=""
        )
        earlier = tuple(Said(Channel.REPLY, text) for text in self.earlier)
        return Situation(
            step, DEFAULT.id, (self.student_code,), known=(self.task,), earlier=earlier
        )


_MESSAGES: Final = TypeAdapter(list[LabelledMessage])


def read_messages(path: Path) -> list[LabelledMessage]:
    """The messages in a file. Raises UnreadableFile."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableFile(f"it is larger than {MOST_BYTES >> 20} MB")
        text = path.read_bytes().decode()
    except OSError as error:
        raise UnreadableFile(error.strerror or "it cannot be read") from None
    except ValueError as error:  # no UTF-8; a NUL in the name
        raise UnreadableFile(f"it cannot be read: {error}") from None
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableFile(f"it is no JSON: {error.msg}, {place}") from None
    except (ValueError, RecursionError):  # a number with too many digits; nested too deeply
        raise UnreadableFile("it is no JSON that can be read") from None
    try:
        return _MESSAGES.validate_python(data)
    except ValidationError as error:
        raise UnreadableFile(_first_of(error, data)) from None


def _first_of(error: ValidationError, data: object) -> str:
    """The first mistake with its place: which message, and which field of it."""
    first = error.errors(include_url=False, include_input=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    if not isinstance(data, list):
        return "it is no list of messages"
    index, *fields = first["loc"]
    number = int(index)
    name = data[number].get("id") if isinstance(data[number], dict) else None
    shown = f" ({name[:40]})" if isinstance(name, str) and name.isprintable() else ""
    place = ".".join(str(one) for one in fields)
    more = f" and {error.error_count() - 1} more" if error.error_count() > 1 else ""
    return f"message {number + 1}{shown}{', ' + place if place else ''}: {reason}{more}"
