"""One page's side of the programs: its writes are answered, and what others write is shown."""

from typing import Final

from tutor.database import in_database
from tutor.models import Conversation, Workbook, Written
from tutor.protocol import frames
from tutor.protocol.events import StudentDismissed, StudentRestored
from tutor.session.notifications import Nudges
from tutor.session.outbox import Outbox
from tutor.turn.revisions import OwnWrites

STALE: Final = (
    "Nothing was put back: the program has been changed on another page meanwhile. Look at what is "
    "there now."
)


class Drafts:
    """What one page writes of programs."""

    def __init__(self, conversation: Conversation, outbox: Outbox, nudges: Nudges) -> None:
        self._workbook = Workbook(conversation)
        self._outbox = outbox
        self._nudges = nudges
        # What this connection has written.
        self.own = OwnWrites()
        # The steps of which others have told us and that we have not looked at since.
        self._heard_of: set[str] = set()

    def hear(self, step: str) -> bool:
        """Another page has written in a step; False if that is about to be looked at anyway."""
        if step in self._heard_of:
            return False
        self._heard_of.add(step)
        return True

    async def stored(self, name: str, written: Written | None) -> None:
        """Answer the frame `name`, and tell the other pages. None: it brought nothing new."""
        if written is None:
            return
        self._remember(written)
        await self._saved(name, written)
        # What is not in the page's own editor, or under another name than before.
        if written.made.version or written.page:
            await self.show(written.work.step)
        if written.changed:
            await self._tell_others(written.work.step)

    async def restore(self, asked: StudentRestored) -> None:
        """Put a kept version back, or say that it cannot be. Raises TurnedAway, BadStep."""
        swapped = await self._outbox.admitted(
            self._workbook.restore, asked.step, asked.base, asked.version, self.own
        )
        if swapped is None:
            await self._outbox.refuse(asked.id, "stale", STALE)
            await self.show(asked.step)
            return
        for written in swapped:
            self._remember(written)
        await self._saved(asked.id, swapped[0])
        await self._tell_others(await self.show(asked.step))

    async def dismiss(self, asked: StudentDismissed) -> None:
        """Take a kept version from the list. Raises TurnedAway, BadStep."""
        dismissed = await self._outbox.admitted(
            self._workbook.dismiss, asked.step, asked.version, self.own
        )
        step = await self.show(asked.step)
        if dismissed:
            await self._tell_others(step)

    async def show(self, step: str) -> str:
        """Show the program of a step and its versions as the rows have them; the step's id."""
        self._heard_of.discard(step)  # first: what is written from here on is told again
        program = await in_database(self._workbook.program, step)
        await self._outbox.show(program)
        return program.step

    def _remember(self, written: Written) -> None:
        self.own.add(written.page, written.work.step, written.replaced, written.made)

    async def _saved(self, name: str, written: Written) -> None:
        work = written.work
        version = written.made.version
        saved = frames.Saved(id=name, step=work.step, revision=work.revision, version=version)
        await self._outbox.show(saved)

    async def _tell_others(self, step: str) -> None:
        # One that is lost costs nothing: what the others write next is stale, and kept.
        await self._nudges.send("program.changed", step=step)
