"""What a student may do whatever the tutor is at: run, type, try, move on, edit."""

from typing import Final, assert_never

from tutor import frames
from tutor.events import (
    StudentEdited,
    StudentRan,
    StudentTried,
    StudentTyped,
    StudentWent,
    Wish,
)
from tutor.models import BadStep, Busy, Conversation
from tutor.outbox import Outbox
from tutor.runs import Change, Runs

RUN_BUSY: Final = "A program of yours is still running. Stop it first."


class Wishes:
    """Grants the wishes of one page, or says why not."""

    def __init__(self, conversation: Conversation, runs: Runs, outbox: Outbox) -> None:
        self._conversation = conversation
        self._runs = runs
        self._outbox = outbox

    async def grant(self, wish: Wish) -> list[Change]:
        """Do it; what has become of a run. Raises TurnedAway if the student may not go on."""
        try:
            return await self._do(wish)
        except Busy:
            await self._outbox.refuse(_name(wish), "busy", RUN_BUSY)
        except BadStep as error:
            await self._outbox.refuse(_name(wish), "bad_step", str(error))
        return []

    async def _do(self, wish: Wish) -> list[Change]:
        admitted, conversation = self._outbox.admitted, self._conversation
        match wish:
            case StudentRan():
                return [await admitted(self._runs.start_own, wish)]
            case StudentTried(attempt):
                return [await admitted(self._runs.attempt, attempt)]
            case StudentTyped():
                await admitted(conversation.type_into_run, wish)
            case StudentWent(step):
                await admitted(conversation.workbook.go, step)
            case StudentEdited(code, step, files):
                work = await admitted(conversation.workbook.keep, step, code, files)
                await self._outbox.show(frames.Saved(step=work.step))
            case _:
                assert_never(wish)
        return []


def _name(wish: Wish) -> str:
    """The id under which the page knows it; empty if it has none."""
    match wish:
        case StudentRan(id=id) | StudentTyped(id=id):
            return id
        case StudentTried(attempt):
            return attempt.id
        case StudentWent() | StudentEdited():
            return ""
        case _:
            assert_never(wish)
