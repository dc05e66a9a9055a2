"""What the scripted tutor says. Questions only: none of these texts mends a program. Pure."""

import re
import zlib
from collections.abc import Sequence
from typing import Final

from tutor.practice.intents import Intent
from tutor.practice.lesson import Case

MAX_SHOWN_CHARS: Final = 120

FOR: Final = re.compile(r"^\s*for (\w+) in (.+):", re.MULTILINE)
WHILE: Final = re.compile(r"^\s*while (.+):", re.MULTILINE)
DEF: Final = re.compile(r"^\s*def (\w+)\((.*)\)", re.MULTILINE)

# What to ask about each kind of exception.
ABOUT: Final[dict[str, str]] = {
    "NameError": "Python does not know a name in this line. Where do you think it should have "
    "learned it, and is the name spelled the same way there?",
    "UnboundLocalError": "Python reads a variable here before the function has given it a value. "
    "Which line did you expect to give it one, and has that line run by then?",
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
    "SyntaxError": "Python cannot read the program at this place. Read the line, and the one above "
    "it, character by character: what has been opened, and what has been closed again?",
    "IndentationError": "Python reads the spaces at the beginning of a line. Which lines should "
    "belong together here, and how can Python tell?",
    "RecursionError": "The function calls itself again and again. For which argument should it "
    "answer without another call, and does it ever get there?",
}
ABOUT_OTHERS: Final = (
    "Which values does this line work with when it happens? Write them down, and tell me which of "
    "them surprises you."
)


def pick(options: Sequence[str], seed: int) -> str:
    """One of the options; the same for the same conversation."""
    return options[zlib.crc32(f"{seed}{options[0]}".encode()) % len(options)]


def code(text: str) -> str:
    """As a code span, shortened, on one line."""
    flat = " ".join(text.split())
    short = flat if len(flat) <= MAX_SHOWN_CHARS else flat[: MAX_SHOWN_CHARS - 1] + "…"
    # A span is fenced by more backticks than it holds.
    return f"`` {short} ``" if "`" in short else f"`{short}`"


def block(text: str) -> str:
    lines = text.replace("```", "'''").splitlines()[:4]
    return "\n\n```python\n" + "\n".join(line[:MAX_SHOWN_CHARS] for line in lines) + "\n```\n\n"


def trace_question(program: str, call: str | None, seed: int) -> str:
    """A question that walks through the student's own loop, or through the call."""
    at = f" for the call {code(call)}" if call else ""
    loop, condition = FOR.search(program), WHILE.search(program)
    options = []
    if loop:
        options += [
            (
                f"Which values does {code(loop[1])} take, one after the other, in "
                f"{code(loop[0].strip())}{at}? Write them down before you run anything, and tell "
                "me which one you expected to see."
            ),
            (
                f"Make a small table{at}: one row for each round of the loop, one column for each "
                "variable. In which row does it first differ from what you had in mind?"
            ),
        ]
    if condition:
        options += [
            (
                f"Before each round Python asks {code(condition[1])}. Write the answer beside the "
                f"first few rounds{at}. In which round should it change, and does it?"
            ),
        ]
    if not options:
        options = [
            (
                f"Go through the program line by line{at}, with a pencil. Which value does each "
                "name have after each line, and at which line does it first differ from what you "
                "expected?"
            ),
            (
                f"Say in your own words what each line does{at}. Which of them is the first that "
                "does something else than you meant?"
            ),
        ]
    return pick(options, seed)


def crash(kind: str, message: str, line: int | None, source: str, call: str | None) -> str:
    where = f" in line {line} of your program" if line else ""
    during = f" when I called {code(call)}" if call else ""
    told = f": *{_plain(message)}*" if message else ""
    shown = block(source) if source.strip() else "\n\n"
    article = "an" if kind[:1] in "AEIOU" else "a"
    return (
        f"I ran your program, and Python stopped with {article} `{kind}`{where}{during}{told}."
        f"{shown}"
    )


def wrong(case: Case, got: str, seed: int) -> str:
    opening = pick(
        (
            "I tried your program with an example of the lesson.",
            "Your program runs without an error, so I held it against the lesson's examples.",
            "It runs. Here is the first example that comes out differently.",
        ),
        seed,
    )
    shown = block(f">>> {case.call}\n{got}")
    return f"{opening}{shown}It should give {code(case.expect)}. "


def returned_none(program: str) -> str:
    function = DEF.search(program)
    name = code(function[1]) if function else "the function"
    return (
        f"`None` is what a call gives when nothing is handed back. Where does {name} end, "
        "and what does it give to whoever called it? Is showing a value the same as giving it back?"
    )


def endless(call: str | None) -> str:
    what = f"the call {code(call)} did not come back" if call else "it did not come to an end"
    return f"I ran your program and waited for some seconds, but {what}. "


TOO_MUCH: Final[dict[str, str]] = {
    "memory": "I ran your program, and it wanted more memory than there is. Something in it keeps "
    "growing. Which value gets bigger and bigger, and what should stop it? ",
    "output": "I ran your program, and it printed so much that it was stopped. Which line prints, "
    "how often did you expect it to, and what decides when it is enough? ",
    "stack": "I ran your program, and it broke off so hard that Python could not even say why. "
    "That happens when something repeats much too often. What repeats in it? ",
}

ASKING: Final = (
    "I ran your program, and it stopped to wait for somebody to type something with `input()`. "
    "Nobody was there. Does the task ask for typed values, or does the value come in through the "
    "brackets of the function? Which line made you want to ask?"
)

STOPPED: Final = (
    "The run was stopped before it could tell us anything, so let us think ahead instead. What did "
    "you expect to see next? "
)

NOT_RUN: Final = (
    "I can't run code at the moment, so neither of us knows for sure what your program does. We "
    "can still read it together. "
)

# On what the student said during a run, before its result.
ADDED: Final[dict[Intent, str]] = {
    Intent.BEG: "The solution stays yours to find; the run helps. ",
    Intent.STUCK: "You are stuck, so let us take one small step. ",
}
ADDED_OTHERS: Final = "I have read what you added; this is what the run shows. "

RAN: Final = (
    "I ran your program and it came to an end without an error. Compare what it printed with what "
    "you had in mind, line by line. "
)

GREEN: Final = (
    (
        "I ran your program, and all the examples of this lesson come out right. Now the part that "
        "stays with you: "
    ),
    "All the lesson's examples give what they should now; I have just checked. Before you go on, ",
)
EXPLAIN: Final = (
    (
        "explain to me in two or three sentences why it works. Which line made the difference, and "
        "what did you believe about it before that you don't believe any more?"
    ),
    (
        "imagine a friend still has your first version. How would you explain what it got wrong, "
        "and why the line that you changed cures it? Use a small example of your own."
    ),
)
REFLECT: Final = (
    (
        "Thank you, that helps me to see how you think about it. Let us put it to the test without "
        "running anything: which is the smallest call that you can think of, and what should it "
        "give? Walk me through your lines for it."
    ),
    (
        "Say it once more with numbers, please. Take an example that is not in the lesson: what "
        "does each line do with it, what comes out in the end, and how could you tell that it is "
        "right?"
    ),
)

DECLINE: Final = (
    (
        "I'd rather not write it for you: the moment you see it yourself is the one that stays. "
        "But we can make the step smaller. "
    ),
    (
        "I know that you would like to have it done. I keep the solution to myself, and I do help "
        "you to find it; let us look at a smaller piece. "
    ),
    (
        "That is the one thing I don't do, however kindly you ask. What I can do is to ask "
        "something easier. "
    ),
)

ALREADY: Final = (
    "Your program gives what every example of the lesson asks for, so there is nothing left that I "
    "could add. What is left is yours: "
)

STUCK: Final = (
    "That is all right; being unsure is where it starts. Let us take one small piece only. ",
    "Then my question was too big. Here is a smaller one. ",
)

THOUGHT: Final = (
    "Let us hold that thought against your program instead of guessing. ",
    "That is worth testing on something small. ",
)

NO_PROGRAM: Final = (
    (
        "Tell me first how you would do it without a computer: which steps would you take on "
        "paper, and what would you have to remember from one step to the next?"
    ),
    (
        "Before any code, say it in your own words: what goes in, what should come out, and how "
        "would you get from one to the other for a small example?"
    ),
)

ANYTHING: Final = (
    (
        "What have you got so far, what did you expect it to do, and what does it do instead? Pick "
        "the smallest example that shows the difference, and tell me what you think happens first."
    ),
    (
        "Which part are you sure about, and where does it begin to feel like guessing? Describe "
        "that one step to me as if I had never seen your program."
    ),
)


def greeting(title: str) -> str:
    about = f" We are looking at *{title}* today." if title else ""
    return f"Hello, good to see you.{about} "


def predict(call: str) -> str:
    return (
        f"Without running anything: what do you think {code(call)} gives? Say how you get there, "
        "step by step; a wrong guess is just as useful."
    )


def _plain(message: str) -> str:
    flat = " ".join(message.split())[:MAX_SHOWN_CHARS]
    return re.sub(r"([*_`\[\]<>])", r"\\\1", flat)
