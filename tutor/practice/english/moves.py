"""What is said with predictions and buttons, and when everything is right."""

from typing import Final

from tutor.practice.english.questions import asked_of
from tutor.practice.markdown import code, typed

PREDICT: Final = (
    (
        "Before anybody runs it, make a guess; a wrong one is just as useful, because then we know "
        "where to look. Write it into the field below, or say that you don't know."
    ),
    (
        "Work it out on paper first, with your own lines beside you, and then write what you "
        "expect into the field below. The run comes after, and we hold the two side by side."
    ),
    (
        "I would like to see how you think about it before the computer speaks. Write down below "
        "what you expect, even if you are not sure; we compare afterwards."
    ),
    (
        "Nobody has to be right here, but it has to be written down: what do you see happen when "
        "you play the computer? Put it into the field below, and the run will answer."
    ),
    (
        "Read the question below, then your program, then the question again. Only when you have "
        "an answer of your own, write it into the field; the run is the second opinion."
    ),
)

ANOTHER: Final = (
    "Here is another one, for a different part of the same idea. ",
    "Let us try it from another side. ",
    "One more, and it is a small one. ",
)


def predict_call(call: str) -> tuple[str, ...]:
    return (
        f"What does {code(call)} give with your program as it is now?",
        f"As your program stands, what comes out of {code(call)}?",
    )


def predict_alone(call: str) -> tuple[str, ...]:
    """Of a call that does not need the student's program."""
    return (
        f"What does {code(call)} give, all by itself?",
        f"Your program aside for a moment: what comes out of {code(call)}?",
    )


def predict_program(given: str) -> tuple[str, ...]:
    with_input = f" with {typed(given)} typed to it" if given.strip() else ""
    return (
        f"What does your program print, line by line{with_input}, as it is now?",
        f"As it stands, which lines does your program print{with_input}?",
    )


def committed(call: str, given: str) -> tuple[str, ...]:
    about = asked_of(call, given)
    return (
        (
            f"My question about {about} is still open, and I say nothing about it before you have "
            "answered: your own guess is what we compare the run with. Write it into the field, or "
            "choose that you don't know. What do you expect?"
        ),
        (
            f"First the guess, then everything else. The field for {about} is waiting; a wrong "
            "answer costs nothing, and “I don't know” is an answer too. Which will it be, then?"
        ),
        (
            f"Let us finish one thing before the next: the question about {about}. As soon as you "
            "have answered it, the program is run and we see both side by side. What would you "
            "write there?"
        ),
    )


def guessed(call: str, given: str) -> tuple[str, ...]:
    """To a message that seems to hold the answer."""
    about = asked_of(call, given)
    return (
        (
            f"That sounds like a guess for {about}, and I would like to hold you to it. Put just "
            "the outcome into the field of the question, without any words around it, and we see. "
            "Is that what you would bet on?"
        ),
        (
            f"If that is what you expect of {about}, then make it count: write only the outcome "
            "itself into the field of the question, and the run answers right away. What goes in?"
        ),
    )


def compared_wrong(about: str, said: str, gave: str) -> str:
    return f"Here are the two side by side, for {about}. You said {code(said)}; it gave {gave}. "


def compared_right(about: str, gave: str) -> str:
    return f"For {about} you said what it gave: {gave}. Your picture of this part holds. "


def compared_unknown(about: str, gave: str) -> str:
    return (
        f"Not knowing is a fair answer, and now we do know: for {about} the run gave {gave}. Let "
        "us find out where that comes from. "
    )


def not_compared(about: str) -> str:
    return (
        f"I could not run {about}, so there is nothing to hold your answer against yet. We can "
        "still follow it on paper. "
    )


PART: Final = (
    (
        "Follow both, line by line: in which line of your program do your path and the computer's "
        "part, and which value is it about?"
    ),
    (
        "Go through it with a pencil once more. Which is the first line after which a name holds "
        "something else than you had in mind?"
    ),
)
PART_WITNESS: Final = (
    (
        "Nothing is wrong with the call; it is what you believed of it that did not hold. What "
        "does it really do, in your words, and which line of your program relies on it?"
    ),
    (
        "What would you say now that it does? And which of your lines was written by somebody who "
        "believed the other thing?"
    ),
)
FROM_WHERE_ALONE: Final = (
    (
        "Before you go back to your program: what does it do, in your own words? And which of your "
        "lines does something of the same kind?"
    ),
    (
        "How would you explain that outcome to a friend, value by value? Then look for the line of "
        "yours to which the same explanation applies."
    ),
)
FROM_WHERE: Final = (
    "Which line of your program decides that, and what did you take it to do when you wrote it?",
    "Where in your program is that value made, and which line before it matters the most?",
)


def not_wanted(gives: str, raises: str) -> str:
    wanted = code(gives) if gives else f"the error {code(raises)}" if raises else "something else"
    return (
        f"So we both know what it does. The lesson asks for {wanted} there, though. Which line of "
        "your program would have to behave differently, and what makes you think so?"
    )


GREEN: Final = (
    "All cases of this step are right now. Before you go on, the part that stays with you. ",
    "Every case is right, the hidden ones too. Now put into words what you have found out. ",
)
EXPLAIN: Final = (
    (
        "Explain to me in two or three sentences why it works. Which line made the difference, and "
        "what did you believe about it before that you don't believe any more?"
    ),
    (
        "Imagine a friend still has your first version. How would you explain what it got wrong, "
        "and why the line that you changed cures it? Use a small example of your own."
    ),
)
NAME_A_VALUE: Final = (
    "Make it concrete, with one example and its values: what does your program do with it, round "
    "by round or line by line, and at which moment would your first version have gone another way?"
)
OFFER_NEXT: Final = (
    (
        "Thank you; saying it in your own words is what keeps it. Hold your explanation against "
        "one example more, if you like: would it still be true there? When you are ready, the "
        "button takes you on."
    ),
    (
        "I follow how you think about it. Should you ever doubt it, try the smallest example you "
        "can think of and see whether your sentence still holds. The next step is one click away "
        "when you want it."
    ),
)
LAST_STEP: Final = (
    (
        "Thank you; saying it in your own words is what keeps it. With this you have reached the "
        "end of the lesson. If you would like to try yourself once more: which small change to "
        "the task would your program not survive?"
    ),
    (
        "I follow how you think about it, and this was the last step of the lesson. Should you "
        "want more of it: which example would you give to somebody who is about to begin here?"
    ),
)
# To what is said after that, or after the button.
DONE: Final = (
    (
        "There is nothing left to do in this step; everything from here on is for the fun of it. "
        "Is there something about your program that you still wonder about?"
    ),
    (
        "You have finished this step, and I have nothing to add. Should a question come up while "
        "you read your program again, put it to me. Which part would you read first?"
    ),
)
OFFER_CHECK: Final = (
    "Which cases could there be that the examples do not show? Think of one, and when you trust "
    "your program with it, let it be checked."
)
ALREADY: Final = (
    "Your program passes this step, so there is nothing left that I could add. What is left is "
    "yours: "
)
