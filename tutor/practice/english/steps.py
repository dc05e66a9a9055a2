"""What is said in steps without a program to write."""

from collections.abc import Sequence
from typing import Final

READ: Final = (
    (
        "You have a text before you, and there is nothing to solve in it yet. Tell me in your own "
        "words: what is the one thing in it that you would explain to a friend first, and which "
        "small example would you use?"
    ),
    (
        "Take the text sentence by sentence. Which sentence in it would have surprised you a week "
        "ago, and what did you believe instead? A short example of your own says the most."
    ),
    (
        "Suppose somebody claims the opposite of what the text says. With which small example "
        "could you show them that they are wrong, and what would come out of it?"
    ),
)
SMALLER_READ: Final = (
    (
        "Take one sentence of the text only, the one you would least like to be asked about. Which "
        "word in it would you have to look up?"
    ),
    (
        "Let the text be, and take something from your own day that works the same way. What is "
        "it, and what in it stands for what the text is about?"
    ),
)
READ_TO_THE_END: Final = (
    (
        "We have talked this text through, and the next step is where you can try it. Is there a "
        "sentence that you would like to come back to first?"
    ),
    (
        "From here on, doing it tells you more than I can. If something in the text still does not "
        "fit together: which two sentences are they?"
    ),
)
PREDICT_FIRST: Final = (
    (
        "Your own prediction comes first here, so I neither run the program nor say what it "
        "prints. Take it line by line instead: what does the first line do, what is there after "
        "it, and how does the next line use that?"
    ),
    (
        "Before the prediction, I would like to hear how you read the program. Which names are "
        "there, which value does each of them hold after each line, and which line are you least "
        "sure about?"
    ),
    (
        "Think of a table with one row for each line of the program. What would you write into the "
        "row of the line that puzzles you the most, and what speaks for it?"
    ),
)
PREDICTED_WRONG: Final = (
    (
        "Which line of the program printed it, and which value did each name hold at that moment? "
        "Tell me where you thought of another one."
    ),
    (
        "Go back from there to the first line of the program that could explain it. What did you "
        "take that line to do, and what must it do instead?"
    ),
)
PREDICTED_RIGHT: Final = (
    (
        "Your prediction was right. Say why it had to come out like this: which line of the "
        "program decides it, and what would somebody believe about that line who predicts "
        "something else?"
    ),
    (
        "It came out as you said. Which line would you have to look at twice to be sure of it, and "
        "what is it in that line that others overlook?"
    ),
)


def parts_in(line: int) -> str:
    before = f"agree up to line {line - 1}, and " if line > 1 else ""
    return f"Your prediction and the output {before}part in line {line} of what was printed. "


CHOOSE: Final = (
    (
        "I won't say which of the answers is right, but I am curious about the reasons. Which one "
        "do you lean to, and which small example would show somebody else that the others do not "
        "hold?"
    ),
    (
        "Take the answers one by one. For each of them: what would have to be true for it to be "
        "right, and can you think of an example that speaks against it?"
    ),
    (
        "Which of the answers could you rule out for certain, and by what? Begin with the one you "
        "like least, and give me its weakest point."
    ),
)
CHOSEN_WRONG: Final = (
    (
        "It was not taken for right. What speaks for it, as you see it, and can you think of one "
        "small example in which it does not hold?"
    ),
    (
        "There is something in it that does not hold. What would you expect to see if it were "
        "true, and what do you really see when you try the smallest example?"
    ),
)
CHOOSE_AGAIN: Final = (
    (
        "Hold the other answers against the same example, one by one. Which of them says what "
        "really happens there? When you are sure, change your choice and answer again."
    ),
    (
        "You may answer as often as you like, but not by trying them all. Which one would you "
        "change, and what have you seen that speaks for it?"
    ),
)
CHOSEN_RIGHT: Final = (
    "Now the reason, in a sentence or two: why is it so, and how would you convince somebody who "
    "chose one of the others? An example that only your answer gets right would do it."
)


def chosen(choices: Sequence[str]) -> str:
    named = [" ".join(choice.split()) for choice in choices]
    return "You chose " + " and ".join(f"“{name}”" for name in named) + ". "


HINT: Final = (
    "You have given it an honest try, so here is something to hold on to. Read it slowly, go back "
    "to the step with it, and tell me afterwards what you see there that you did not see before."
)
