"""What a run has shown, and what to ask about an error."""

from collections.abc import Collection, Sequence
from typing import Final

from tutor.practice.markdown import MAX_SHOWN_CHARS, block, code, plain, typed

# What to ask about each kind of exception.
ABOUT: Final[dict[str, str]] = {
    "NameError": "The computer does not know a name in this line. Where do you think it should "
    "have learned it, and is the name spelled the same way there?",
    "UnboundLocalError": "The computer reads a variable here before the function has given it a "
    "value. Which line did you expect to give it one, and has that line run by then?",
    "IndexError": "Which position does this line ask for at that moment, and which positions does "
    "the sequence really have? Count them aloud for a short example.",
    "KeyError": "Which key does this line ask for, and which keys are in the dictionary at that "
    "moment? How could you find out before you use one?",
    "TypeError": "What type does each value in this line have at that moment? Say them one by one: "
    "which two of them do not fit together, and where does the odd one come from?",
    "ValueError": "The type is right here, but the value is not. Which value arrives in this line, "
    "and where was it made?",
    "ZeroDivisionError": "Which value stands below the fraction bar in this line, and for which "
    "call does it become zero? What would you want to happen then?",
    "AttributeError": "What is the value before the dot at that moment, and of which type is it? "
    "Is it the one you had in mind?",
    "SyntaxError": "The computer cannot read the program at this place. Read the line, and the one "
    "above it, character by character: what has been opened, and what has been closed again?",
    "IndentationError": "The computer reads the spaces at the beginning of a line. Which lines "
    "should belong together here, and how can the computer tell?",
    "RecursionError": "The function calls itself again and again. For which argument should it "
    "answer without another call, and does it ever get there?",
}
ABOUT_OTHERS: Final = (
    "Which values does this line work with when it happens? Write them down, and tell me which of "
    "them surprises you."
)
# Errors that another language names otherwise.
SAME: Final = {"ReferenceError": "NameError"}


def about_error(kind: str) -> str:
    return ABOUT.get(SAME.get(kind, kind), ABOUT_OTHERS)


def crash(kind: str, message: str, line: int | None, source: str, during: str) -> str:
    where = f" in line {line} of your program" if line else ""
    when = f" with {during}" if during else ""
    told = f": *{plain(message)}*" if message else ""
    shown = block(source) if source.strip() else "\n\n"
    article = "an" if kind[:1] in "AEIOU" else "a"
    return f"I ran your program, and it stopped with {article} `{kind}`{where}{when}{told}.{shown}"


OPENINGS: Final = (
    "I tried your program with an example of the lesson.",
    "Your program runs without an error, so I held it against the lesson's examples.",
    "It runs. Here is the first example that comes out differently.",
)


def wrong(about: str, outcome: str, gives: str, raises: str, opening: str) -> str:
    wanted = f"should give {code(gives)}" if gives else f"should raise {code(raises)}"
    return f"{opening} For {about} it gave {outcome}, and it {wanted}. "


def wrong_print(given: str, printed: str, opening: str) -> str:
    with_input = f" With {typed(given)} typed to it, it printed:" if given.strip() else ""
    shown = block(printed) if printed.strip() else "\n\n*(nothing at all)*\n\n"
    return f"{opening}{with_input}{shown}That is not what the lesson's example asks for. "


def returned_none(name: str) -> str:
    return (
        f"`None` is what a call gives when nothing is handed back. Where does {name} end, "
        "and what does it give to whoever called it? Is showing a value the same as giving it back?"
    )


BROKEN_OFF: Final[dict[str, str]] = {
    "timeout": "I ran your program and waited for some seconds, but it did not come to an end. ",
    "memory": "I ran your program, and it wanted more memory than there is. Something in it keeps "
    "growing. ",
    "output": "I ran your program, and it printed so much that it was stopped. ",
    "stack": "I ran your program, and it broke off so hard that it could not even say why. That "
    "happens when something repeats much too often. ",
}

ASKING: Final = (
    "I ran your program, and it stopped to wait for somebody to type something more. Nobody was "
    "there. How often does it ask for a line, how many lines does the task give it, and which line "
    "of your program asks once too often?"
)

STOPPED: Final = (
    "The run was stopped before it could tell us anything, so let us think ahead instead. What did "
    "you expect to see next? "
)

NOT_RUN: Final = (
    "I can't run code at the moment, so neither of us knows for sure what your program does. We "
    "can still read it together. "
)

RAN: Final = (
    "I ran your program and it came to an end without an error. Compare what it printed with what "
    "you had in mind, line by line. "
)

ALL_RIGHT: Final = (
    "I ran your program, and the examples of this lesson come out right. That is a good sign, but "
    "only the check tries the cases that you have not seen. "
)

ANNOUNCE: Final = (
    "Let me see what your program really does before either of us says more about it.",
    "I'll run your program as it is, on the lesson's examples, and then we look at it together.",
)

# Smaller questions about a program that the computer cannot read.
UNREADABLE: Final = (
    (
        "The computer cannot read your program yet, so there are no values to talk about. Read it "
        "aloud, sign by sign, up to the line that the error names: where does it look different "
        "from programs that you have seen run?"
    ),
    (
        "Before it can do anything, your program has to be readable. Count the brackets and the "
        "quotation marks in each line, and the spaces at its beginning. Which line has one too "
        "many, or one too few?"
    ),
    (
        "Cover all lines but the first, then uncover one after the other. Which is the first line "
        "that you would not have written like this yourself, and what bothers you about it?"
    ),
)

OBSERVE: Final = "You have foretold enough for now; let us see what it does on the examples."

# On what the student said during a run, before its result.
ADDED_BEG: Final = "The solution stays yours to find; the run helps. "
ADDED_UNSURE: Final = "You are unsure, so let us take one small step. "
ADDED_OTHERS: Final = "I have read what you added; this is what the run shows. "


# The check, and the student's own run -------------------------------------------------------------


def check(visible: Sequence[int], hidden: Sequence[int]) -> str:
    """How many cases came out right; `[1, 3]` is 1 of 3."""
    parts = []
    if len(visible) == 2 and visible[1]:
        parts.append(f"{visible[0]} of {visible[1]} examples")
    if len(hidden) == 2 and hidden[1]:
        parts.append(f"{hidden[0]} of {hidden[1]} hidden cases")
    if not parts:
        return "The check has looked at your program, and it is not there yet. "
    return f"The check says that {' and '.join(parts)} came out right. "


def failed_case(about: str, got: str) -> str:
    said = " ".join(got.split())[:MAX_SHOWN_CHARS]
    return f"For {about} it says: {said} " if said else f"It names {about}. "


def broken_rule(rule: str) -> str:
    return f"It also misses something about the way: {' '.join(rule.split())} "


def own_run(error: str) -> str:
    return f"Your last run ended with {code(error)}. "


def gave(outcome: str, ends: Collection[str], raises: str) -> str:
    """What a call gave, as the object of "it gave"."""
    if outcome.startswith(raises):
        return f"no value but the error {code(outcome.removeprefix(raises))}"
    return f"no value: it {outcome}" if outcome in ends else code(outcome)


FIND_THE_LINE: Final = "Find the line of yours that it comes from. "
