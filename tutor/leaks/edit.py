"""An edit of a program, as a sentence tells it. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """What is done; `a`, `b`, `lines` and `to` are fields of `Edit`."""

    REPLACE = "replace"  # `b` for `a`
    PUT = "put"  # `b` into a line or beside it, or in place of the whole line
    BEFORE = "before"  # `b` before `a`
    AFTER = "after"  # `b` after `a`
    REMOVE = "remove"  # `a`; without `a` the lines
    MOVE_ABOVE = "move above"  # the one line above line `to`
    MOVE_BELOW = "move below"  # the one line below line `to`
    SWAP = "swap"  # `a` and `b`; without them the two lines
    INDENT = "indent"  # the lines, or those in which `a` stands
    DEDENT = "dedent"


@dataclass(frozen=True)
class Edit:
    """What a sentence tells to do with a program.

    `a` and `b` are code, empty where the sentence names none. `lines` and `to` count from 1, -1 is
    the last line; no `lines`: anywhere. `in_words`: `b` is a sign that was said in words
    («at least»).
    """

    verb: Verb
    a: str = ""
    b: str = ""
    lines: tuple[int, ...] = ()
    to: int = 0
    in_words: bool = False
