"""Commands of the preview: a message to the tutor, or a line that begins with a slash. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final


@dataclass(frozen=True)
class Say:
    """A message to the tutor."""

    text: str


@dataclass(frozen=True)
class Run:
    """Run the program; with a file, that one is the program from now on."""

    file: str


@dataclass(frozen=True)
class Check:
    """Check the program against all cases; with a file, that one is the program from now on."""

    file: str


@dataclass(frozen=True)
class Edit:
    """Change the program, or a file beside it, in an editor."""

    name: str


@dataclass(frozen=True)
class Program:
    """Show the program, or a file beside it."""

    name: str


@dataclass(frozen=True)
class Step:
    """Go to another step, by number, id, `next` or `back`; without one, show this one again."""

    to: str


@dataclass(frozen=True)
class Steps:
    """List the steps."""


@dataclass(frozen=True)
class Answer:
    """A prediction, or the numbers of choices."""

    text: str


@dataclass(frozen=True)
class Hint:
    """Ask for a hint."""


@dataclass(frozen=True)
class Again:
    """Try the turn that failed once more."""


@dataclass(frozen=True)
class Stop:
    """Cancel what the tutor or a program is doing."""


@dataclass(frozen=True)
class Solution:
    """Make the author's solution the program."""


@dataclass(frozen=True)
class Wrong:
    """Make one of the author's wrong programs the program; without a name, list them."""

    name: str


@dataclass(frozen=True)
class Help:
    """List the commands."""


@dataclass(frozen=True)
class Leave:
    """End the preview."""


@dataclass(frozen=True)
class Unknown:
    """An unknown command. `meant` is the nearest name; empty if none is near."""

    name: str
    meant: str


Command = (
    Say | Run | Check | Edit | Program | Step | Steps | Answer | Hint | Again | Stop | Solution
    | Wrong | Help | Leave | Unknown
)  # fmt: skip

DONT_KNOW: Final = "?"

# Each command with its argument, and its effect.
HELP: Final = (
    ("/run [FILE]", "run the program; what you type goes to it, Ctrl+D ends its input"),
    ("/check [FILE]", "check the program against all cases"),
    ("/edit [FILE]", "change the program, or a file beside it, in $VISUAL or $EDITOR"),
    ("/program [FILE]", "show the program, or a file beside it"),
    ("/step [N|next|back]", "go to another step, or show this one again"),
    ("/steps", "list the steps"),
    ("/answer …", r"foretell an output (\n begins a new line), or choose by number: /answer 1 3"),
    ("/answer ?", "say that you don't know what the tutor asks you to foretell"),
    ("/hint", "ask for a hint"),
    ("/stop", "end what the tutor or a program is doing; so does Ctrl+C"),
    ("/again", "let the tutor try once more after a failure"),
    ("/solution", "take your own solution as the program; from the files, for authors only"),
    ("/wrong [NAME]", "take one of your wrong programs as the program, or list them"),
    ("/help", "say this"),
    ("/quit", "leave; so does Ctrl+D, or Ctrl+C twice"),
)

_WITH_TEXT: Final[dict[str, Callable[[str], Command]]] = {
    "run": Run, "check": Check, "edit": Edit, "program": Program, "step": Step, "answer": Answer,
    "wrong": Wrong,
}  # fmt: skip
_ALONE: Final[dict[str, Callable[[], Command]]] = {
    "steps": Steps, "hint": Hint, "again": Again, "stop": Stop, "solution": Solution, "help": Help,
    "quit": Leave, "exit": Leave,
}  # fmt: skip
NAMES: Final = (*_WITH_TEXT, *_ALONE)


def parse(line: str) -> Command | None:
    """The command in a line; None for an empty one. Two slashes begin a message with one."""
    text = line.strip()
    if not text:
        return None
    if text.startswith("//"):
        return Say(text[1:])
    if not text.startswith("/"):
        return Say(text)
    name, _, rest = text[1:].partition(" ")
    if name in _WITH_TEXT:
        return _WITH_TEXT[name](rest.strip())
    if name in _ALONE:
        return _ALONE[name]()
    near = get_close_matches(name, NAMES, 1)
    return Unknown(name, near[0] if near else "")


def choices(text: str, of: int) -> tuple[int, ...] | None:
    """The choices that numbers from 1 to `of` name, as places from 0; None if they name none."""
    words = text.replace(",", " ").split()
    if not words or not all(word.isascii() and word.isdigit() for word in words):
        return None
    places = tuple(dict.fromkeys(int(word) - 1 for word in words))
    return places if all(0 <= place < of for place in places) else None


def foretold(text: str) -> str | None:
    r"""The answer to a question of the tutor's; None for `?`, which is "I don't know"."""
    return None if text == DONT_KNOW else prediction(text)


def prediction(text: str) -> str:
    r"""A prediction as it was typed on one line: `\n` begins a new one."""
    return text.replace("\\n", "\n")
