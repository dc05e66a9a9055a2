"""The conversation as the model is given it, kept in memory: rows never change, so only new ones
are read.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from tutor.database import in_database
from tutor.method.facts_role import FactsRole, as_role
from tutor.models import Conversation, Item, StoredContext
from tutor.protocol.calls import Payload
from tutor.session.storage import Storage
from tutor.upstream import facts_role


class Read(NamedTuple):
    """The items, the number of the last one, the number up to which none is sealed, and the role in
    which facts are told.
    """

    payloads: list[Payload]
    last: int
    unsealed_to: int
    role: FactsRole


class ModelContext:
    """The items of one conversation as the model is given them; upstream.context.Rows.

    `storage` is the database; without one, every call is made once.
    """

    def __init__(self, conversation: Conversation, storage: Storage | None = None) -> None:
        self._conversation = conversation
        self._call = storage.call if storage else in_database
        self._stored = StoredContext(conversation)
        self._payloads: list[Payload] = []
        # The number of the last item that was read.
        self._last = 0
        # Up to which number sealed items were left out of what was read.
        self._unsealed_to = 0
        # The role of facts among them.
        self._role: FactsRole = facts_role.current()
        # Two that read at once would both add what is new.
        self._reading = asyncio.Lock()

    async def payloads(self) -> list[Payload]:
        """All of them, in order, as they are in the database now."""
        async with self._reading:
            return await self._refresh()

    async def compact(
        self, response_id: str, context: Sequence[Payload], items: Sequence[Payload]
    ) -> bool:
        """Let `items` stand for `context`, the items with which the conversation begins.

        False if it begins otherwise by now.
        """
        return await self._call(self._stored.add_compaction, response_id, context, items)

    async def omit_sealed(self) -> bool:
        """Leave sealed items out of those read so far. True if the context changed by that."""
        async with self._reading:
            before = self._payloads
            await self._call(self._stored.omit_sealed, self._last)
            return await self._refresh() != before

    async def _refresh(self) -> list[Payload]:
        # Assigned here and not in the thread, which goes on after this was cancelled: another would
        # then add the same items once more.
        return self._take(await self._call(self._read))

    def _take(self, read: Read) -> list[Payload]:
        self._payloads, self._last, self._unsealed_to, self._role = read
        return self._payloads

    def _read_new(self) -> list[Item]:
        new = self._conversation.items.filter(number__gt=self._last).order_by("number")
        return list(new.defer("program", "files"))

    def _read(self) -> Read:
        payloads, role = self._payloads, facts_role.current()
        unsealed_to = self._stored.read_unsealed_to()
        is_other = (unsealed_to, role) != (self._unsealed_to, self._role)
        # At first, what a compaction stands for is not even looked at.
        new = [] if is_other or not self._last else self._read_new()
        if is_other or not self._last or any(item.compacts_up_to is not None for item in new):
            # The context read before no longer holds, or there was none.
            told = self._stored.told(role)
            last = max((self._last, *(one.row.number for one in told)))
            return Read([one.payload for one in told], last, unsealed_to, role)
        last = max((self._last, *(item.number for item in new)))
        read = [*payloads, *(as_role(item.payload, role) for item in new)]
        return Read(read, last, unsealed_to, role)
