"""The synchronisation of a page with the rows: nothing is missing, nothing comes twice."""

from collections.abc import Sequence
from typing import Final

from django.conf import settings

from tutor.method.tools import granted_item
from tutor.models import (
    Changes,
    Conversation,
    Dialogue,
    Item,
    Moves,
    Turn,
    Workbook,
    item_view,
    run_view,
    turn_view,
)
from tutor.protocol import frames
from tutor.session.outbox import Outbox

# The states of a prediction in which something is still to come.
UNSETTLED: Final = ("open", "comparing")


class PageSync:
    """The part of a conversation that one page has been shown, and what follows on it."""

    def __init__(self, conversation: Conversation, outbox: Outbox) -> None:
        self._conversation = conversation
        self._dialogue = Dialogue(conversation)
        self._outbox = outbox
        self._in_database = outbox.storage.call
        # The number of the last item that was shown.
        self._number = 0
        # The messages that wait.
        self._waiting: tuple[frames.WaitingMessage, ...] = ()
        # The last turn; None if there was none.
        self._turn: Turn | None = None
        # The predictions that are unsettled, as they were shown last, by their numbers.
        self._predictions: dict[int, frames.PredictionView] = {}

    @property
    def has_waiting(self) -> bool:
        """True if, as far as shown, messages wait."""
        return bool(self._waiting)

    @property
    def is_going_on(self) -> bool:
        """True while, as far as shown, somebody is at a turn or should be."""
        return bool(self._waiting or (self._turn and self._turn.is_running))

    async def show_all(self) -> frames.Hello:
        """Send `hello`: the end of the dialogue, and all that is around it."""
        hello, self._number = await self._in_database(self._read_hello)
        self._waiting = tuple(hello.waiting)
        for item in hello.items:
            self._note(item)
        await self._outbox.show(hello)
        return hello

    def _read_hello(self) -> tuple[frames.Hello, int]:
        """With the number of the last item, which need not be shown."""
        end = self._dialogue.newest()
        self._turn = end.turn
        last_run = self._conversation.last_own_run()
        self._conversation.refresh_from_db(fields=["step"])
        workbook = Workbook(self._conversation)
        hello = frames.Hello(
            conversation=self._conversation.pk,
            step=workbook.step("").id,
            steps=workbook.views(),
            items=[*end.unsettled, *end.page.items],
            start=end.page.start,
            older=end.page.older,
            waiting=list(end.waiting),
            turn=turn_view(end.turn) if end.turn else None,
            last_run=run_view(last_run) if last_run else None,
            emulated=settings.USES_EMULATOR,
        )
        return hello, end.last

    async def show_older(self, number: int) -> None:
        """Show the items before that of this number; their cards are followed as all others."""
        page = await self._in_database(self._dialogue.before, number)
        for item in page.items:
            self._note(item)
        await self._outbox.show(
            frames.Items(items=list(page.items), start=page.start, before=number, older=page.older)
        )

    async def show_changes(self) -> Changes:
        """Show the rows that others have stored."""
        news = await self._in_database(self._dialogue.changes, after=self._number)
        if news.items:
            await self._show_compared()
        for item in news.items:
            await self._show(item)
        await self.show_waiting(news.waiting)
        known, self._turn = self._turn, news.turn
        if news.turn and (known is None or turn_view(news.turn) != turn_view(known)):
            await self._outbox.show(turn_view(news.turn))
        return news

    async def _show(self, view: frames.ItemView) -> None:
        await self._outbox.show(frames.ItemStored(item=view))
        self._number = view.number
        self._note(view)

    def _note(self, view: frames.ItemView) -> None:
        """Remember a card that will change."""
        if isinstance(view, frames.PredictionItem) and view.prediction.state in UNSETTLED:
            self._predictions[view.prediction.number] = view.prediction

    async def _catch_up(self, number: int) -> None:
        """Show the items before item `number` that have not been shown, as the rows have them."""
        if number <= self._number + 1:
            return
        for item in await self._in_database(self._dialogue.shown, after=self._number):
            if item.number < number:
                await self._show(item)

    async def show_items(self, items: Sequence[Item]) -> None:
        """Show items of our own, after those that others stored before."""
        await self._show_compared()
        for item, view in zip(items, await self._views_of(items), strict=True):
            await self._catch_up(item.number)
            if view:
                await self._show(view)
            self._number = item.number

    async def show_accepted(self, name: str, item: Item) -> None:
        """Show that the message, or the wish for a hint, of this name is stored."""
        await self._catch_up(item.number)
        [view] = await self._views_of([item])
        assert isinstance(view, frames.StudentItem | frames.HintItem)
        await self._outbox.show(frames.Accepted(id=name, item=view))
        self._number = max(self._number, item.number)

    async def _views_of(self, items: Sequence[Item]) -> list[frames.ItemView | None]:
        if any(map(_is_of_row, items)):
            return await self._in_database(self._dialogue.views_of, items)
        return list(map(item_view, items))

    async def _show_compared(self) -> None:
        """Show what has been compared: an answer becomes an item after that."""
        if self.comparing:
            await self.show_predictions()

    async def show_predictions(self) -> list[int]:
        """Show how predictions have changed; the numbers of those that are being compared."""
        if not self._predictions:
            return []
        for view in await self._in_database(self._read_predictions):
            if view != self._predictions[view.number]:
                await self._outbox.show(frames.PredictionChanged(prediction=view))
            self._predictions[view.number] = view
            if view.state not in UNSETTLED:
                del self._predictions[view.number]
        return self.comparing

    @property
    def comparing(self) -> list[int]:
        """The numbers of the predictions that are answered and, as far as shown, not compared."""
        return [view.number for view in self._predictions.values() if view.state == "comparing"]

    def _read_predictions(self) -> list[frames.PredictionView]:
        return Moves(self._conversation).views(self._predictions)

    async def show_waiting(self, waiting: tuple[frames.WaitingMessage, ...]) -> None:
        """Show the messages that wait, if they are others than before."""
        if waiting != self._waiting:
            self._waiting = waiting
            await self._outbox.show(frames.Waiting(messages=list(waiting)))

    async def show_end(self, turn: Turn) -> None:
        """Show the end of our turn."""
        self._turn = turn
        await self._outbox.show(turn_view(turn))


def _is_of_row(item: Item) -> bool:
    """Whether what the page shows of an item may stand in another row."""
    return item.kind == "facts" or bool(granted_item(item.payload))
