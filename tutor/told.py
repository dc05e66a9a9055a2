"""What the model is to be told, kept in memory: rows never change, so only new ones are read."""

from tutor.database import in_database
from tutor.events import Payload
from tutor.models import Conversation


class Told:
    """The items of one conversation as the model sees them."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._payloads: list[Payload] = []
        # The number of the last item that was read.
        self._last = 0

    async def payloads(self) -> list[Payload]:
        """All of them, in order, as they are in the database now."""
        return await in_database(self._read)

    def _read(self) -> list[Payload]:
        new = list(self._conversation.items.filter(number__gt=self._last).order_by("number"))
        if any(item.stands_for is not None for item in new):
            # A compaction: what was told before no longer holds.
            self._payloads = []
            new = list(self._conversation.told())
        self._payloads = [*self._payloads, *(item.payload for item in new)]
        self._last = max((item.number for item in new), default=self._last)
        return self._payloads
