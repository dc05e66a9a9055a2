"""The facts of an attempt's feedback, as its row stores them and reads them back. Pure.

No frame of the browser's protocol is stored: frames change with the protocol, rows stay. The JSON
is an object of the fields below by their names, tuples as arrays; a field that has its default is
left out:

    {"message": str,
     "cases": [{"call": str, "stdin": str, "passed": bool, "got": str}],
     "hidden": int, "hidden_passed": int, "rules": [str],
     "prediction": str, "output": [{"stream": str, "text": str}],
     "differs": {"line": int, "predicted": str | null, "printed": str | null} | null,
     "choices": [int], "because": [str]}

A field may be added with a default, and removed; one that changes its meaning takes a new name.
"""

from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError


@dataclass(frozen=True)
class CaseFacts:
    """A visible case of a check: the call or input, and a sentence about what came of it."""

    call: str = ""
    stdin: str = ""
    passed: bool = False
    got: str = ""


@dataclass(frozen=True)
class PrintedFacts:
    """Output of a program in one piece, or input typed into it: stdout, stderr or stdin."""

    stream: Annotated[str, Field(pattern="^(stdout|stderr|stdin)$")] = "stdout"
    text: str = ""


@dataclass(frozen=True)
class DifferenceFacts:
    """The first line, from 1, where prediction and output differ; None: no such line there."""

    line: int = 1
    predicted: str | None = None
    printed: str | None = None


@dataclass(frozen=True)
class FeedbackFacts:
    """All that a student is told of a finished attempt, beside the columns of its row.

    `message` is the reason why an attempt was not judged. Check: `cases` to `rules`; prediction:
    `prediction` to `differs`; quiz: `choices` and what there is to say about each, `because`.
    """

    message: str = ""
    cases: tuple[CaseFacts, ...] = ()
    # Hidden cases are only counted.
    hidden: int = 0
    hidden_passed: int = 0
    # Rules of the lesson that the program breaks, as sentences.
    rules: tuple[str, ...] = ()
    prediction: str = ""
    output: tuple[PrintedFacts, ...] = ()
    differs: DifferenceFacts | None = None
    # Places in the step's list of choices, from 0.
    choices: tuple[int, ...] = ()
    because: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The facts as a row stores them."""
        changed = (
            field.name for field in fields(self) if getattr(self, field.name) != field.default
        )
        facts = asdict(self)
        return {name: facts[name] for name in changed}

    @classmethod
    def from_json(cls, stored: Any) -> "FeedbackFacts":
        """The facts of a row of this release or an earlier one. Never raises.

        Unknown fields are ignored, missing ones have their defaults. A field whose value is of
        another type counts as missing: one damaged row must not keep a student from the lesson.
        """
        names = {field.name for field in fields(cls)}
        found = stored if isinstance(stored, dict) else {}
        known = {name: value for name, value in found.items() if name in names}
        try:
            return _FACTS.validate_python(known)
        except ValidationError as error:
            damaged = {problem["loc"][0] for problem in error.errors(include_input=False)}
            return _FACTS.validate_python({k: v for k, v in known.items() if k not in damaged})


_FACTS: Final = TypeAdapter(FeedbackFacts)
