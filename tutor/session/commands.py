"""What a student may do whatever the tutor is at: run, type, try, move on, edit, put back."""

from typing import Final, assert_never

from tutor.models import BadStep, Busy, Conversation, Workbook
from tutor.protocol.events import (
    StudentDismissed,
    StudentEdited,
    StudentRan,
    StudentRestored,
    StudentTried,
    StudentTyped,
    StudentWent,
    Wish,
)
from tutor.session.drafts import Drafts
from tutor.session.outbox import Outbox
from tutor.session.runs import Change, Runs, Started

RUN_BUSY: Final = "A program of yours is still running. Stop it first."


class Wishes:
    """Grants the wishes of one page, or says why not."""

    def __init__(
        self, conversation: Conversation, runs: Runs, outbox: Outbox, drafts: Drafts
    ) -> None:
        self._conversation = conversation
        self._runs = runs
        self._outbox = outbox
        self._drafts = drafts

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
                started = await admitted(self._runs.start_own, wish, self._drafts.own)
                return await self._started(wish.id, started)
            case StudentTried(attempt):
                started = await admitted(self._runs.attempt, attempt, self._drafts.own)
                return await self._started(attempt.id, started)
            case StudentTyped():
                await admitted(conversation.type_into_run, wish)
            case StudentWent(step):
                await admitted(Workbook(conversation).open_step, step)
            case StudentEdited():
                written = await admitted(
                    Workbook(conversation).save_program, wish, self._drafts.own
                )
                await self._drafts.stored(wish.id, written)
            case StudentRestored():
                await self._drafts.restore(wish)
            case StudentDismissed():
                await self._drafts.dismiss(wish)
            case _:
                assert_never(wish)
        return []

    async def _started(self, name: str, started: Started) -> list[Change]:
        await self._drafts.stored(name, started.written)
        return [started.change]


def _name(wish: Wish) -> str:
    """The id under which the page knows it; empty if it has none."""
    match wish:
        case (
            StudentRan(id=id) | StudentTyped(id=id)
            | StudentEdited(id=id) | StudentRestored(id=id)
        ):  # fmt: skip
            return id
        case StudentTried(attempt):
            return attempt.id
        case StudentWent() | StudentDismissed():
            return ""
        case _:
            assert_never(wish)
