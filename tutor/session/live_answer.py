"""The live answer between the sessions of a conversation, over its group; see turn/live_answer."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from tutor.protocol import frames
from tutor.session.notifications import AnswerOwned, AnswerWanted, Notifications
from tutor.session.outbox import Outbox
from tutor.turn.live_answer import AnswerFollower, AnswerNews, AnswerOwner, ShownAnswer

# What is shown within this time goes to the other sessions in one message.
GATHER_S: Final = 0.1


class LiveAnswer:
    """The answer that comes, as one session owns or follows it."""

    def __init__(
        self, outbox: Outbox, notifications: Notifications, fence: Callable[[], int | None]
    ) -> None:
        self._outbox = outbox
        self._notifications = notifications
        # The number of our claim; None while no turn is ours.
        self._fence = fence
        self._shown = ShownAnswer()
        self._owner = AnswerOwner(self._shown)
        self._follower = AnswerFollower(self._shown)
        # Set while there is something to tell others.
        self._has_news = asyncio.Event()
        # Whether others may believe that we follow.
        self._follows = False
        # Before the page: it may be gone, and others follow all the same.
        outbox.on_frame = self._note

    def _note(self, frame: frames.ToBrowser) -> None:
        self._shown.hear(frame)
        self._owner.hear(frame, self._fence(), time.monotonic())
        self._wake()

    def _wake(self) -> None:
        if self._owner.has_news:
            self._has_news.set()

    # To those who follow

    async def run(self) -> None:
        """Tell others what is shown here, for as long as the session runs.

        A task of its own: a layer that hangs holds up nobody but those who follow.
        """
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            for channel, news in self._owner.pop(self._fence()):
                what = "answer.so_far" if news.is_whole else "answer.shown"
                await self._notifications.send(what, to=channel, **news.message())
            await asyncio.sleep(GATHER_S)

    def notice(self, event: AnswerWanted) -> None:
        """Another session follows, or has gone."""
        if event.is_over:
            self._owner.unfollow(event.channel)
        else:
            self._owner.follow(event.channel, event.fence, event.number, time.monotonic())
        self._wake()

    async def own(self, fence: int) -> None:
        """A turn of before is ours from now on: nothing that others have said of it counts."""
        self._follower.begin(fence)
        for frame in self._shown.withdrawals():
            await self._outbox.show(frame)
        await self._notifications.send("answer.owned", fence=fence)

    # From the owner

    def is_ahead(self, news: AnswerNews) -> bool:
        """Whether rows come before these news that the page has not been shown."""
        return self._fence() is None and self._follower.is_ahead(news)

    async def show(self, news: AnswerNews) -> None:
        """Show what another session has shown; ask for all of it where something is missing."""
        if self._fence() is not None:
            return
        if self._outbox.can_send:
            for frame in self._follower.take(news):
                await self._outbox.show(frame)
        else:
            self._follower.lose()
        await self.ask()

    async def hear(self, event: AnswerOwned) -> None:
        """A turn has another owner."""
        self._follower.begin(event.fence)
        await self.ask()

    async def ask(self) -> None:
        """Ask for the answer, if that is due; called whenever rows are reread."""
        if self._fence() is None and self._follower.pop_due(time.monotonic()):
            self._follows = True
            # A number that is not in step with anybody is answered with all of it.
            number = self._follower.number if self._follower.is_in_step else -1
            await self._notifications.send(
                "answer.wanted", fence=self._follower.fence, number=number
            )

    async def leave(self) -> None:
        """Follow no more."""
        if self._follows:
            await self._notifications.send("answer.left")
