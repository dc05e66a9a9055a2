"""Questions about a program, and what is said before one."""

import re
from typing import Final

from tutor.practice.markdown import code, plain, typed

FOR: Final = re.compile(r"^\s*for (\w+) in (.+):", re.MULTILINE)
WHILE: Final = re.compile(r"^\s*while (.+):", re.MULTILINE)


def asked_of(call: str, given: str) -> str:
    """A call, or the program with what is typed to it, in words."""
    what = code(call) if call else "your program"
    return f"{what} (with {typed(given)} typed in)" if given.strip() else what


def trace_questions(program: str, during: str) -> list[str]:
    """Questions that walk through the student's own loop, or through the program."""
    at = f" for {during}" if during else ""
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
                f"Before each round the computer asks {code(condition[1])}. Write the answer "
                f"beside the first few rounds{at}. In which round should it change, and does it?"
            ),
        ]
    return [
        *options,
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


def one_line(line: str) -> str:
    """The smallest question: about a single line of the student's."""
    return (
        f"Take this one line of yours only: {code(line)}. Forget all the others. Which values does "
        "it use when it runs for the first time, and what is different once it has run?"
    )


PLANS: Final = (
    (
        "Tell me first how you would do it without a computer: which steps would you take on "
        "paper, and what would you have to remember from one step to the next?"
    ),
    (
        "Before any code, say it in your own words: what goes in, what should come out, and how "
        "would you get from one to the other for a small example?"
    ),
    (
        "Suppose you had to explain the task to somebody who cannot see the screen. What is given, "
        "what is wanted, and which step between the two looks like the hardest to you?"
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

EXAMPLE: Final = " Take {example} as the example."


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

UNSURE: Final = (
    "That is all right; being unsure is where it starts. Let us take one small piece only. ",
    "Then my question was too big. Here is a smaller one. ",
)

THOUGHT: Final = (
    "Let us hold that thought against your program instead of guessing. ",
    "That is worth testing on something small. ",
    "I take that as your theory. It should show in the program itself. ",
)

REFUSED: Final = (
    "Not that way, it seems; so let us go on with what we have. ",
    "That has to wait, so let us take a step that needs nothing but your head. ",
)


REFLECT: Final = (
    (
        "Let us put it to the test without running anything: which is the smallest example that "
        "you can think of, and what should come out of it? Walk me through your lines for it."
    ),
    (
        "Say it once more with numbers, please. Take an example that is not in the lesson: what "
        "does each line do with it, what comes out in the end, and how could you tell that it is "
        "right?"
    ),
)


def greeting(title: str) -> str:
    about = f" We are looking at *{plain(title)}* today." if title else ""
    return f"Hello, good to see you.{about} "
