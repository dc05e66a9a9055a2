"""A student's session: one inbox, one loop, one place where actions are performed.

The browser, the model and the sandbox put events into the inbox; the loop gives them to the turn,
one at a time, and performs the actions it answers with. The student's other commands are carried
out without the turn. The session outlives its browser: a turn that is on is brought to its end and
stored.
"""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from itertools import takewhile
from typing import Any, Final, assert_never

import structlog

from tutor.models import LEASE, Conversation, Dialogue, Moves, Turn, waiting_view
from tutor.protocol import frames
from tutor.protocol.actions import (
    Action,
    AskModel,
    BeginTurn,
    CancelRequest,
    CancelRun,
    MakeMove,
    RelayStop,
    ReopenTurn,
    SaveUsage,
    Show,
    StartRun,
    SteerModel,
    Stored,
)
from tutor.protocol.calls import Payload
from tutor.protocol.commands import StudentCommand, StudentStoppedRun
from tutor.protocol.events import (
    Event,
    ModelSpoke,
    MoveMade,
    RunPrinted,
    StudentStopped,
    StudentWaits,
    TurnLost,
)
from tutor.protocol.gate import Judge, StartTimer
from tutor.session.commands import StudentCommands
from tutor.session.context import ModelContext
from tutor.session.drafts import Drafts
from tutor.session.inbox import Inbox, Incoming
from tutor.session.leak_gate import LeakGate, OutputJudged
from tutor.session.live_answer import LiveAnswer
from tutor.session.notifications import (
    AnswerOwned,
    AnswerWanted,
    Notifications,
    Refresh,
    SeriesNews,
)
from tutor.session.outbox import Outbox, Page
from tutor.session.page import PageSync
from tutor.session.runs import OutputEnded, Runs
from tutor.session.storage import OutcomeUnknown
from tutor.session.timers import TurnTimers
from tutor.session.turn_store import TurnStore
from tutor.turn.live_answer import AnswerNews
from tutor.turn.revisions import NOBODY, Writer
from tutor.turn.rules import Phase, TurnMachine
from tutor.upstream.upstream import Upstream

# While something is awaited, its rows are reread this often: notifications may get lost.
POLL_INTERVAL_S: Final = 1.0
# A claim is renewed this often; three times in the lease it has.
RENEW_S: Final = LEASE.total_seconds() / 3
RESTARTING: Final = frames.TurnedAway(
    frames.Close.RESTARTING, "The server restarts. The page connects again."
)
DATABASE_LOST: Final = frames.TurnedAway(
    frames.Close.CRASHED, "The database was lost for a moment. The page connects again."
)


class Session:
    """One browser's connection to one conversation, with its own socket to the model."""

    def __init__(
        self, conversation: Conversation, fields: Payload, runs_per_turn: int, page: Page,
        writer: Writer = NOBODY,
    ) -> None:  # fmt: skip
        self.conversation = conversation
        self.turn = TurnMachine(max_runs=runs_per_turn)
        self.inbox = Inbox()
        self.outbox = Outbox(page)
        self._in_database = self.outbox.storage.call
        context = ModelContext(conversation, self.outbox.storage)
        self.upstream = Upstream(fields, context, self.inbox.put, self._take)
        self.runs = Runs(conversation)
        self.page = PageSync(conversation, self.outbox)
        self.notifications = Notifications(conversation.group)
        self.drafts = Drafts(conversation, self.outbox, self.notifications, writer)
        self.commands = StudentCommands(
            conversation, self.runs, self.outbox, self.drafts, self.notifications, self.page
        )
        self.timers = TurnTimers(self.inbox.give)
        self.leak_gate = LeakGate(conversation, self._in_database, self.inbox.give, self._spawn)
        self.live_answer = LiveAnswer(
            self.outbox, self.notifications, lambda: self.turn_store.fence
        )
        self.turn_store = TurnStore(
            conversation, self.outbox, self.page, self.drafts, self.notifications,
            begin_gate=self.leak_gate.begin, refresh_soon=self._refresh_soon,
            take_up_answer=self.live_answer.own, on_end=self._on_turn_end,
        )  # fmt: skip
        # Set when the process is about to end: no turn begins any more.
        self._draining = False
        # The request that is with the model; None while none is.
        self._asking: asyncio.Task[None] | None = None
        # The last compaction; None if there was none.
        self._compacting: asyncio.Task[None] | None = None
        # When the rows were reread last (time.monotonic); with that, our claim is renewed.
        self._refreshed_at = 0.0

    async def run(self) -> None:
        """Serve until the browser has left and no turn of ours is on."""
        structlog.contextvars.bind_contextvars(conversation=self.conversation.pk)
        await self.notifications.join()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                # The page first; the model while it is looked at.
                await self._show_page()
                sources = [
                    self._spawn(self._listen()),
                    self._spawn(self.live_answer.run()),
                    self._spawn(self.upstream.run()),
                ]
                while self.outbox.is_open or self.turn.phase is not Phase.IDLE:
                    await self._handle(await self.inbox.next(self._refresh_in))
                    if self._draining and self.turn.phase is Phase.IDLE:
                        await self.outbox.turn_away(RESTARTING)
                self._leave_turn()
                # A compaction may take long, and the next session makes it as well.
                for source in (*sources, self._compacting):
                    if source:
                        source.cancel()
        finally:
            self.inbox.close()
            self.timers.cancel()
            await self.turn_store.release()
            await self.live_answer.leave()
            await self.notifications.leave()

    # From the consumer

    def put(self, event: Event | StudentCommand) -> bool:
        """Take an event of the browser's without waiting. False if too many wait already."""
        return self.inbox.offer(event)

    def leave(self) -> None:
        """The browser is gone: nothing is shown any more, and `run` ends as soon as it may."""
        self.outbox.leave()
        self.inbox.wake()

    async def turn_away(self, why: frames.TurnedAway) -> None:
        """The student may not go on: tell the page, close it, and end as if it had left."""
        await self.outbox.turn_away(why)
        self.inbox.wake()

    def drain(self) -> None:
        """The process is about to end: finish the turn that is on, then close the page.

        A message that comes meanwhile is not acknowledged, so the page sends it again elsewhere.
        """
        self._draining = True
        self.inbox.wake()

    # From the leak gate

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._tasks.create_task(work)

    # From the model

    def _take(self, spoke: ModelSpoke) -> bool:
        """Take a piece of an answer; False while the browser is behind: offer it again later."""
        return self.outbox.can_send and self.put(spoke)

    # From other sessions and the workers

    async def _listen(self) -> None:
        while True:
            event = await self.notifications.receive()
            if isinstance(event, SeriesNews):
                self.leak_gate.notice(event.key)
                continue
            if isinstance(event, AnswerWanted):
                self.live_answer.notice(event)
                continue
            if isinstance(event, RunPrinted) and not self.runs.streams(event.run):
                continue
            step = event.step if isinstance(event, Refresh) else None
            # A step that is about to be reread need not be reread twice.
            if step is None or self.drafts.mark_stale(step):
                await self.inbox.put(event)

    # The loop

    def _refresh_in(self) -> float | None:
        """In so many seconds the rows are to be reread; None while nothing is awaited."""
        if not self._awaits_others:
            return None
        every = RENEW_S if self.turn_store.is_ours and not self.runs else POLL_INTERVAL_S
        since = max(self._refreshed_at, self.turn_store.claimed_at)
        return since + every - time.monotonic()

    @property
    def _awaits_others(self) -> bool:
        """True while something is awaited whose notification might get lost."""
        return bool(self.turn_store.is_ours or self.runs or self.page.is_going_on)

    def _refresh_soon(self) -> None:
        self.inbox.add([Refresh()])

    async def _handle(self, event: Incoming) -> None:
        try:
            await self._handle_one(event)
        except frames.TurnedAway as why:
            await self.outbox.turn_away(why)
        except OutcomeUnknown:
            # The page connects again, is told what is stored, and sends what is not.
            await self.outbox.turn_away(DATABASE_LOST)
        if self.turn.phase is Phase.IDLE:
            self._leave_turn()

    async def _handle_one(self, event: Incoming) -> None:
        match event:
            case Refresh():
                await self._refresh(event)
            case RunPrinted() if not self.runs.output.takes(event):
                await self._ask_for_output()
            case AnswerNews():
                if self.live_answer.is_ahead(event):
                    await self._follow_others()
                await self.live_answer.show(event)
            case AnswerOwned():
                await self.live_answer.hear(event)
            case OutputEnded():
                self.leak_gate.judge_output(event)
            case OutputJudged(key, leaks):
                settled = await self._in_database(self.runs.settle_output, key, leaks=leaks)
                self.leak_gate.mark_stale()
                # Other pages have seen that it has ended, and not how.
                await self.notifications.send("run.finished", key=key)
                await self._advance(settled)
            case _ if isinstance(event, StudentCommand):
                await self._obey(event)
            case _:
                await self._advance(event)

    def _leave_turn(self) -> None:
        """No turn of ours is on: nothing of one is judged any more."""
        self.timers.cancel()
        self.leak_gate.end()
        self.inbox.add(self.runs.leave_outputs())

    async def _obey(self, command: StudentCommand) -> None:
        # A program can be stopped even when nothing new is begun any more.
        if self._is_serving or isinstance(command, StudentStoppedRun):
            self.inbox.add(await self.commands.perform(command))

    @property
    def _is_serving(self) -> bool:
        """True while the student may begin something."""
        return not self._draining and self.outbox.is_open

    async def _advance(self, event: Event) -> None:
        """Give an event to the turn and perform its actions, in order."""
        actions = deque(self.turn.receive(event))
        if held := self.turn.gate.held:
            self.leak_gate.prepare(held)
        while actions:
            if outcome := await self._perform_next(actions):
                # The actions that are left were meant for the case that this one went well.
                actions = deque(self.turn.receive(outcome))

    async def _perform_next(self, actions: deque[Action]) -> Event | None:
        """Perform the first of `actions`, or the first few if they are to be stored together."""
        stored = list(takewhile(lambda action: isinstance(action, Stored), actions))
        if not stored:
            return await self._perform(actions.popleft())
        for _ in stored:
            actions.popleft()
        outcome = await self.turn_store.commit(stored)  # type: ignore[arg-type]  # takewhile does not narrow
        # Not before: what is being judged meanwhile may read the rows as they were.
        self.leak_gate.mark_stale()
        return outcome

    async def _perform(self, action: Action) -> Event | None:  # noqa: C901  # a line per action
        """Perform an action. Its outcome, if any, takes the place of the actions after it."""
        if isinstance(action, Stored):
            return await self.turn_store.commit([action])
        match action:
            case Show(frame):
                await self.outbox.show(frame)
            case BeginTurn(said):
                return await self.turn_store.begin(said) if self._is_serving else None
            case ReopenTurn():
                return await self.turn_store.reopen() if self._is_serving else None
            case SaveUsage(response_id, usage):
                await self.turn_store.charge(response_id, usage)
            case AskModel(request, after_s):
                self._asking = self._tasks.create_task(self.upstream.ask(request, after_s))
            case SteerModel(request, id, payload):
                self.leak_gate.mark_stale()
                await self.upstream.steer(request, id, payload)
            case CancelRequest():
                if self._asking:
                    self._asking.cancel()
            case Judge():
                self.leak_gate.judge(action)
            case StartTimer():
                self.timers.start(action)
            case MakeMove(call):
                output = await self._in_database(Moves(self.conversation).make, call)
                self.inbox.add([MoveMade(call.item, output)])
            case StartRun(call):
                self.inbox.add([await self._in_database(self.runs.start, call)])
            case CancelRun(run):
                await self._in_database(self.conversation.cancel_run, run, "tutor")
            case RelayStop():
                await self._in_database(Dialogue(self.conversation).request_stop)
                await self.notifications.send("turn.stop")
            case _:
                assert_never(action)
        return None

    def _on_turn_end(self, turn: Turn) -> None:
        compacting = self._compacting and not self._compacting.done()
        # A turn that failed may be asked for again as it is.
        if self.upstream.context.is_long and not turn.has_failed and not compacting:
            self._compacting = self._tasks.create_task(self.upstream.context.compact())
        if self.turn.waiting or self.page.has_waiting:
            self._refresh_soon()

    # The rows, as others change them

    async def _show_page(self) -> None:
        hello = await self.page.show_all()
        self.inbox.add(self.runs.show(hello))
        await self._ask_for_output()
        if self.page.is_going_on or self.page.comparing:
            self._refresh_soon()
        await self.live_answer.ask()

    async def _ask_for_output(self) -> None:
        """Have all stored that runs have printed of which the page lacks something."""
        if names := self.runs.output.to_ask_for(time.monotonic()):
            await self._in_database(self.runs.want_output, names)

    async def _refresh(self, refresh: Refresh) -> None:
        """Reread the rows of a run, of a program, or of everything that is awaited."""
        if refresh.key:
            self.inbox.add(await self._in_database(self.runs.refresh, refresh.key))
        elif refresh.step:
            await self.drafts.show(refresh.step)
        else:
            self._refreshed_at = time.monotonic()
            for prediction in await self.page.show_predictions():
                self.runs.follow_prediction(prediction)
            if self.runs:
                await self._ask_for_output()
                is_watched = self.outbox.is_open
                changes = await self._in_database(self.runs.changes, is_watched=is_watched)
                self.inbox.add(changes)
            await (self._renew_claim() if self.turn_store.is_ours else self._follow_others())

    async def _renew_claim(self) -> None:
        """Renew our claim, and take from the rows the wishes of others for our turn."""
        renewed = await self.turn_store.renew()
        if isinstance(renewed, TurnLost):
            await self._advance(renewed)
            return
        await self.page.show_waiting(tuple(map(waiting_view, renewed.waiting)))
        if renewed.ready:
            messages = {message.client_id: message.payload for message in renewed.ready}
            await self._advance(StudentWaits(messages))
        if renewed.stop_requested:
            await self._advance(StudentStopped(relayed=True))

    async def _follow_others(self) -> None:
        """Show the rows that others have stored; take over a turn that nobody is at."""
        news = await self.page.show_changes()
        if self._draining:
            return  # whoever comes next goes on
        is_left = news.waiting or (news.turn and news.turn.is_running)
        if is_left and (event := await self.turn_store.take_over()):
            await self._advance(event)
            self._refresh_soon()  # Stop may have been pressed meanwhile
        await self.live_answer.ask()
