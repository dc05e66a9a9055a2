"""What is said with hints, and the hints that no author has written."""

from typing import Final

from tutor.practice.markdown import code, plain

HINT: Final = (
    (
        "You have given it an honest try, so here is something to hold on to. Read it slowly, look "
        "at your program once more, and tell me afterwards what you see there that you did not see "
        "before."
    ),
    (
        "Let us use a hint for this. It points, it does not solve: go back to your program with it "
        "and tell me which of your lines it makes you think of, and why."
    ),
)

AFTER_HINT: Final = (
    (
        "The hint is there now. Read it beside your program: which one of your lines does it make "
        "you think of, and what would you like to try with that line first?"
    ),
    (
        "Take the hint you have been given back to your program. What did you believe about that "
        "place before, and what do you think now?"
    ),
)

NO_HINT: Final = (
    "A hint comes after a try of your own, and it is not time for the next one yet. ",
    "I may not give a hint right now; something of yours comes first. ",
)


def because(reason: str, opening: str = "The reason") -> str:
    """The server's reason, without what it advises its model to do."""
    return f"{opening}: {plain(reason.partition(':')[0]).rstrip('.')}. " if reason else ""


# To somebody who has not asked for a hint, but for everything.
HINT_WAITS: Final = "A hint has to wait"


# Hints that are written ---------------------------------------------------------------------------


def where_to_look(about: str) -> str:
    """Level 1."""
    return (
        f"A hint, of the first kind: where to look. Take {about} and nothing else. Which of your "
        "lines does it go through, and which of them is the first where you would not bet on the "
        "value?"
    )


def which_concept(witness: str) -> str:
    """Level 2."""
    return (
        f"A hint, of the second kind: what it is about. Behind it stands one idea, and you can "
        f"meet it alone, without your program: in {code(witness)}. What do you expect of it, why, "
        "and which line of yours uses the same idea?"
    )


def which_concept_of(line: str) -> str:
    """Level 2, where the lesson has no call that shows it."""
    return (
        f"A hint, of the second kind: what it is about. Look at {code(line)} and name the idea "
        "behind it in one sentence, as you would for a friend. In which situation would that "
        "sentence not be true any more, and is this one of them?"
    )


def in_words(belief: str) -> str:
    """Level 3: the belief itself, to be doubted."""
    return (
        f"A hint, of the third kind. Somebody might think: “{_sentence(belief)}”. Suppose that "
        "this is not so. What would your program do then that you did not mean, and in which line "
        "does it show?"
    )


def rule_in_words(rule: str) -> str:
    return (
        f"A hint: the task says something about the way, too. {_sentence(rule)}. Which part of "
        "your program could that be about, and what would it take over from the lines that are "
        "there now?"
    )


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


PLAIN: Final = (
    "A hint: put the computer away for two minutes. Write down the smallest example you can think "
    "of, do it by hand, and number your steps. Which of these steps has no line of its own in your "
    "program, and which line is no step of yours?"
)

ERROR: Final = (
    "A hint, of the first kind: where to look. The message at the end of your last run names the "
    "place. "
)
