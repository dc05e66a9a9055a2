"""What a student wants, from the words used. Pure, and only as clever as a demonstration needs."""

import re
from enum import Enum, auto
from typing import Final


class Intent(Enum):
    """Why the student wrote."""

    BEG = auto()  # wants the solution
    CHECK = auto()  # asks about the program
    GREET = auto()
    HELP = auto()  # wants a hint
    UNSURE = auto()  # does not know, does not understand
    NEXT = auto()  # has finished
    TALK = auto()  # anything else: an idea, an answer, an explanation


# The first intent with a pattern that is found wins.
PATTERNS: Final[dict[Intent, tuple[str, ...]]] = {
    Intent.BEG: (
        (
            r"\b(give|show|send|paste|tell|reveal|hand)\b( me| us)?( just| simply)?"
            r"( the| a| your| some)?( \w+)? (solution|answer|fix|code|lines?)\b"
        ),
        (
            r"\b(please|just|can you|could you|will you|would you)\b.{0,30}"
            r"\b(fix|solve|correct|finish|complete|repair|write)\b"
        ),
        r"\bwrite\b.{0,30}\b(for me|the (code|function|program|loop|line))\b",
        r"\b(do|make|fix|solve)\b.{0,20}\bfor me\b",
        (
            r"\b(what is|what's|whats|want|need|have)\b.{0,8}\b(the|right|correct)\b.{0,10}"
            r"\b(solution|answer|code|fix)\b"
        ),
        r"\bi give up\b",
        r"\b(ignore|forget|disregard)\b.{0,40}\b(instructions|rules|prompt)\b",
        r"^\W*(the |full |complete )*(solution|answer)\b\W*(please)?\W*$",
    ),
    Intent.CHECK: (
        r"\b(run|execute|test|check|try|look at) (it|this|that|my|the)\b",
        r"\bhave a look\b",
        r"\bwhy (does|is|do|are|did|won't|doesn't|isn't|not)\b",
        r"\bwhat('s| is| went)? wrong\b",
        r"\b(error|bug|exception|traceback|crash\w*)\b",
        r"\b(is|does|do|are)\b.{0,30}\b(right|correct|work|ok|okay|good|wrong)\b",
        r"\b(doesn't|does not|don't|won't|isn't) (it )?(work|run|right|correct)\b",
        r"\bdo you see\b",
    ),
    Intent.GREET: (r"^\W*(hi|hello|hey|hallo|good (morning|afternoon|evening|day))\b.{0,20}$",),
    Intent.HELP: (r"\bhints?\b", r"\b(stuck|lost|help|clue)\b", r"\bwhat (should|can) i do\b"),
    Intent.UNSURE: (
        r"\b(don't|dont|do not|can't|cannot|didn't) (really )?(understand|get|know|follow|see)\b",
        r"\b(no idea|confus\w+|huh|dunno|idk|what do you mean|not sure)\b",
        r"^\W*$",
    ),
    Intent.NEXT: (r"^\W*(ok(ay)?|done|next|ready|finished|i('ve| have) read it)\b.{0,20}$",),
}


def intent_of(said: str) -> Intent:
    text = said.lower().replace("’", "'")
    for intent, patterns in PATTERNS.items():
        if any(re.search(pattern, text) for pattern in patterns):
            return intent
    return Intent.TALK
