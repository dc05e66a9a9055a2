"""A student's commands, obeyed whatever the turn is at: run, type, stop a run, try, answer a
prediction, move on, edit, put back.
"""

from typing import Final, assert_never

from tutor.models import (
    BadStep,
    Busy,
    BusyElsewhere,
    Conversation,
    Moves,
    NotAllowed,
    Workbook,
)
from tutor.protocol import frames
from tutor.protocol.commands import (
    StudentAnswered,
    StudentCommand,
    StudentDismissed,
    StudentEdited,
    StudentRan,
    StudentReadOlder,
    StudentRestored,
    StudentStoppedRun,
    StudentTried,
    StudentTyped,
    StudentWent,
)
from tutor.session.drafts import Drafts
from tutor.session.notifications import Notifications, Refresh
from tutor.session.outbox import Outbox
from tutor.session.page import PageSync
from tutor.session.runs import Change, Runs, Started

RUN_BUSY: Final = "A program of yours is still running. Stop it first."
RUN_BUSY_ELSEWHERE: Final = (
    "A program of yours is still running in another lesson. Stop it there, or close that page and "
    "try again in half a minute."
)


class StudentCommands:
    """The commands of one page, carried out or refused."""

    def __init__(
        self,
        conversation: Conversation,
        runs: Runs,
        outbox: Outbox,
        drafts: Drafts,
        notifications: Notifications,
        page: PageSync,
    ) -> None:
        self._conversation = conversation
        self._runs = runs
        self._outbox = outbox
        self._drafts = drafts
        self._notifications = notifications
        self._page = page

    async def perform(self, command: StudentCommand) -> list[Change]:
        """Carry out a command; the changes that it leads to, for the turn, and what to reread.

        Raises TurnedAway if the student may not go on.
        """
        try:
            return await self._perform(command)
        except Busy as busy:
            why = RUN_BUSY_ELSEWHERE if isinstance(busy, BusyElsewhere) else RUN_BUSY
            await self._outbox.refuse(_name(command), "busy", why)
        except BadStep as error:
            await self._outbox.refuse(_name(command), "bad_step", str(error))
        except NotAllowed as error:
            code = "not_open" if isinstance(command, StudentAnswered) else "predict_first"
            await self._outbox.refuse(_name(command), code, error.for_student)
        return []

    async def stop_run(self, run: str) -> None:
        """Ask for the end of the student's own run or attempt `run`."""
        await self._outbox.storage.call(self._conversation.cancel_run, run, "student", "check")

    async def _perform(self, command: StudentCommand) -> list[Change]:  # noqa: C901  # a line each
        enrolled, conversation = self._outbox.if_still_enrolled, self._conversation
        match command:
            case StudentRan():
                started = await enrolled(self._runs.start_own, command, self._drafts.own)
                return await self._started(command.id, started)
            case StudentTried(attempt):
                started = await enrolled(self._runs.attempt, attempt, self._drafts.own)
                return await self._started(attempt.id, started)
            case StudentAnswered():
                return await self._answer(command)
            case StudentTyped():
                await enrolled(conversation.type_into_run, command)
            case StudentStoppedRun(id):
                await self.stop_run(id)
            case StudentWent(step):
                await enrolled(Workbook(conversation).open_step, step)
            case StudentEdited():
                written = await enrolled(
                    Workbook(conversation).save_program, command, self._drafts.own
                )
                await self._drafts.acknowledge(command.id, written)
            case StudentRestored():
                await self._drafts.restore(command)
            case StudentDismissed():
                await self._drafts.dismiss(command)
            case StudentReadOlder(before):
                await self._page.show_older(before)
            case _:
                assert_never(command)
        return []

    async def _answer(self, answered: StudentAnswered) -> list[Change]:
        await self._outbox.if_still_enrolled(Moves(self._conversation).answer, answered)
        await self._outbox.show(frames.Accepted(id=answered.id, item=None))
        await self._notifications.send("conversation.changed")
        # The message waits now until its prediction has been compared.
        return [Refresh()]

    async def _started(self, name: str, started: Started) -> list[Change]:
        await self._drafts.acknowledge(name, started.written)
        return [started.change]


def _name(command: StudentCommand) -> str:
    """The client's id of the frame behind a command; empty if it has none."""
    match command:
        case StudentTried(attempt):
            return attempt.id
        case StudentWent() | StudentDismissed() | StudentReadOlder():
            return ""
        case _:
            return command.id
