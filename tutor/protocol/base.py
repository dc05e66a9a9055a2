"""The bounds, close codes and field types that all frames share. See `frames` for the protocol."""

from enum import IntEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

PROTOCOL: Final = 5

# A larger message is answered with `error` and not read.
MAX_FRAME_BYTES: Final = 512 * 1024
# Characters in one message to the tutor.
MAX_SAY_CHARS: Final = 8_000
# Characters of one program and of what it reads.
MAX_CODE_CHARS: Final = 64_000
MAX_STDIN_CHARS: Final = 64_000
# Files of a step that the student may change, beside the program.
MAX_FILES: Final = 20
# Characters of a prediction, and answers that a question may have.
MAX_PREDICTION_CHARS: Final = 8_000
MAX_CHOICES: Final = 50
# Characters of an expression that is evaluated beside a program, and of what a student foretells of
# it; expressions in one run.
MAX_CALL_CHARS: Final = 200
MAX_ANSWER_CHARS: Final = 1_000
MAX_CALLS: Final = 20


class Close(IntEnum):
    """Why the server closes the connection."""

    CRASHED = 4011  # something failed on our side; connect again. daphne can send no 1011, no 1013
    PROTOCOL = 4400  # the client speaks another version of this protocol: reload the page
    NOT_LOGGED_IN = 4401
    NOT_ENROLLED = 4403
    NO_LESSON = 4404
    OTHER = 4405  # the conversation is another one than the page's: reload the page
    TOO_SLOW = 4008  # the client does not read
    TOO_MANY = 4010  # too many pages of one student
    FLOOD = 4009  # more frames than can be worked off
    RESTARTING = 4012  # the server goes down; connect again


class TurnedAway(Exception):
    """A browser is not served, or no longer: `close` ends the connection, the text says why."""

    def __init__(self, close: Close, text: str) -> None:
        super().__init__(text)
        self.close = close


class Frame(BaseModel):
    """What all frames have in common: no unknown fields, no changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
# No database column and no program can hold a NUL character.
NO_NUL: Final = r"^[^\x00]*$"
Code = Annotated[str, Field(max_length=MAX_CODE_CHARS, pattern=NO_NUL)]
# The number of a step's stored program; 0 before anything is stored. Grows with each change.
Revision = Annotated[int, Field(ge=0, lt=2**31)]
# A kept version of a step's program, by a number within the step; 0 for the program itself. Each
# write of a version gives it a new number, so that a number names one text, as a revision does.
VersionId = Annotated[int, Field(ge=0, lt=2**53)]
# The page that wrote what another one sends, because it left a copy and is gone; else empty.
PageId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")]
# What a text was made by, where that was not typing: the author's text was put back, an earlier one
# was restored, or two that had parted were put together.
Cause = Literal["typed", "reset", "restored", "merged"]
# A step of the lesson by its id; empty for the one that the student was on last.
StepId = Annotated[str, Field(pattern=r"^[a-z0-9-]{0,64}$")]
# The files that the student may change beside the program, by path; those of the lesson are known.
Files = Annotated[dict[Annotated[str, Field(max_length=64)], Code], Field(max_length=MAX_FILES)]
