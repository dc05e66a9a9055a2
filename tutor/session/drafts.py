"""Programs as one page writes and sees them: its writes acknowledged, those of others shown."""

from typing import Final

from tutor.models import Conversation, SavedProgram, Workbook
from tutor.protocol import frames
from tutor.protocol.commands import StudentDismissed, StudentRestored
from tutor.session.notifications import Notifications
from tutor.session.outbox import Outbox
from tutor.turn.revisions import NOBODY, OwnWrites, Writer

STALE: Final = (
    "Nothing was put back: the program has been changed on another page meanwhile. Look at what is "
    "there now."
)


class Drafts:
    """The programs of one page's editors."""

    def __init__(
        self,
        conversation: Conversation,
        outbox: Outbox,
        notifications: Notifications,
        writer: Writer = NOBODY,
    ) -> None:
        self._workbook = Workbook(conversation)
        self._outbox = outbox
        self._notifications = notifications
        # The writes of this connection.
        self.own = OwnWrites(writer)
        # The steps that others have written in since they were read last.
        self._stale: set[str] = set()

    def mark_stale(self, step: str) -> bool:
        """Note that another page has written in a step; False if that was known already."""
        if step in self._stale:
            return False
        self._stale.add(step)
        return True

    async def acknowledge(self, name: str, written: SavedProgram | None) -> None:
        """Answer the frame `name` and notify the other pages. None: nothing was written."""
        if written is None:
            return
        self._remember(written)
        await self._saved(name, written)
        # The text is not in the page's own editor, or under another name than before.
        if written.made.version or written.page:
            await self.show(written.work.step)
        if written.changed:
            await self._notify_others(written.work.step)

    async def restore(self, asked: StudentRestored) -> None:
        """Put a kept version back, or refuse to. Raises TurnedAway, BadStep."""
        swapped = await self._outbox.if_still_enrolled(
            self._workbook.restore, asked.step, asked.base, asked.version, self.own
        )
        if swapped is None:
            await self._outbox.refuse(asked.id, "stale", STALE)
            await self.show(asked.step)
            return
        for written in swapped:
            self._remember(written)
        await self._saved(asked.id, swapped[0])
        await self._notify_others(await self.show(asked.step))

    async def dismiss(self, asked: StudentDismissed) -> None:
        """Take a kept version from the list. Raises TurnedAway, BadStep."""
        dismissed = await self._outbox.if_still_enrolled(
            self._workbook.dismiss, asked.step, asked.version, self.own
        )
        step = await self.show(asked.step)
        if dismissed:
            await self._notify_others(step)

    async def show(self, step: str) -> str:
        """Show the program of a step and its versions as the rows have them; the step's id."""
        self._stale.discard(step)  # first: a write from here on is notified again
        program = await self._outbox.storage.call(self._workbook.program, step)
        await self._outbox.show(program)
        return program.step

    def _remember(self, written: SavedProgram) -> None:
        self.own.add(written.page, written.work.step, written.replaced, written.made)

    async def _saved(self, name: str, written: SavedProgram) -> None:
        work = written.work
        version = written.made.version
        saved = frames.Saved(id=name, step=work.step, revision=work.revision, version=version)
        await self._outbox.show(saved)

    async def _notify_others(self, step: str) -> None:
        # One that is lost costs nothing: the next write of the others is stale, and kept.
        await self._notifications.send("program.changed", step=step)
