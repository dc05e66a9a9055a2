"""What a model is here: a function from a request to output items. Pure facts."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

# One item of a conversation as it goes over the wire: a JSON object.
Item = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """Which functions may be called, None for every one, and whether one must be."""

    names: frozenset[str] | None = None
    must: bool = False

    def allows(self, name: str) -> bool:
        return self.names is None or name in self.names


@dataclass(frozen=True)
class Request:
    """All that a model may know. `items` is the whole conversation: the cached chain, then the new
    input. Instructions and tools are those of this request alone."""

    model: str
    items: tuple[Item, ...]
    instructions: str = ""
    tools: tuple[Item, ...] = ()
    choice: Choice = Choice()
    reasoning: Item = field(default_factory=dict)


@dataclass(frozen=True)
class Say:
    """An assistant message, in Markdown."""

    text: str
    phase: Literal["commentary", "final_answer"] = "final_answer"


@dataclass(frozen=True)
class Call:
    """A function call. `arguments` is a JSON text; an empty `call_id` is filled in."""

    name: str
    arguments: str
    call_id: str = ""


@dataclass(frozen=True)
class Think:
    """A reasoning item with a summary; its content goes out encrypted."""

    summary: str


Output = Say | Call | Think

# May also be a coroutine function, for tests that hold an answer back.
Model = Callable[[Request], Iterable[Output] | Awaitable[Iterable[Output]]]


class ScriptEndedError(Exception):
    """The script has no answer left; the response fails."""


def script(*answers: Sequence[Output]) -> Model:
    """A model that gives these answers in turn, whatever it is asked."""
    left = iter(answers)

    def model(_request: Request) -> Sequence[Output]:
        try:
            return next(left)
        except StopIteration:
            raise ScriptEndedError("The script has no answer left.") from None

    return model
