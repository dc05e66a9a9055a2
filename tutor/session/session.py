"""A student's session: one inbox, one loop, one place where things are done.

The browser, the model and the sandbox put events into the inbox; the loop gives them to the turn,
one at a time, and performs the actions it answers with. The session outlives its browser: a turn
that is on is brought to its end and stored.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import ceil
from typing import Final, assert_never

import structlog

from tutor.database import in_database
from tutor.models import (
    LEASE,
    BadStep,
    Busy,
    ClaimLost,
    Conversation,
    Dialogue,
    MessageQueued,
    Origin,
    QuotaUsed,
    TooFast,
    TooMany,
    TurnStarted,
    run_id,
    waiting_view,
)
from tutor.models import Turn as TurnRow
from tutor.protocol import frames
from tutor.protocol.actions import (
    Action,
    AskModel,
    BeginTurn,
    CancelRun,
    DropModel,
    EndTurn,
    Grant,
    RelayStop,
    ReopenTurn,
    Save,
    SaveUsage,
    SaveWaiting,
    Show,
    StartRun,
    SteerModel,
    Stored,
)
from tutor.protocol.events import (
    CallsStored,
    Ending,
    Event,
    ModelSpoke,
    Payload,
    RunPrinted,
    StoredCall,
    StudentSaid,
    StudentStopped,
    StudentWaits,
    TurnBegan,
    TurnLost,
    TurnTaken,
)
from tutor.session.commands import Wishes
from tutor.session.context import Told
from tutor.session.drafts import Drafts
from tutor.session.notifications import Nudges
from tutor.session.outbox import Outbox, Page
from tutor.session.page import Shown
from tutor.session.runs import Runs
from tutor.telemetry import Span
from tutor.turn import history
from tutor.turn.rules import Phase, Turn
from tutor.upstream import Upstream

# Events that wait. The model's reader is held back by it; a browser that fills it is cut off.
INBOX_EVENTS: Final = 256
# While something is awaited, the rows are looked at this often: messages may get lost.
LOOK_S: Final = 1.0
# A claim is renewed this often; three times in the lease it has.
RENEW_S: Final = LEASE.total_seconds() / 3
RESTARTING: Final = frames.TurnedAway(
    frames.Close.RESTARTING, "The server restarts. Nothing is lost; the page connects again."
)
TOO_MANY: Final = "Several messages wait for the tutor already. Send this one when it has answered."
TOO_FAST: Final = "You ask faster than the tutor can follow. Send this again in {} s."


@dataclass(frozen=True)
class Look:
    """A nudge: look at the row of this run or of this step's program.

    Without either, at everything that is awaited.
    """

    key: str | None = None
    step: str | None = None


class Session:
    """One browser's connection to one conversation, with its own socket to the model."""

    def __init__(self, conversation: Conversation, fields: Payload, page: Page) -> None:
        self.conversation = conversation
        self._dialogue = Dialogue(conversation)
        self.turn = Turn()
        self.inbox: asyncio.Queue[Event | Look] = asyncio.Queue(INBOX_EVENTS)
        self.told = Told(conversation)
        self.upstream = Upstream(fields, self.told, self.inbox.put, self._take)
        self.runs = Runs(conversation)
        self.outbox = Outbox(page)
        self.shown = Shown(conversation, self.outbox)
        self.nudges = Nudges(conversation.group)
        self.drafts = Drafts(conversation, self.outbox, self.nudges)
        self.wishes = Wishes(conversation, self.runs, self.outbox, self.drafts)
        # Set when the process is about to end: no turn begins any more.
        self._draining = False
        # What we have to say to ourselves; it comes before what is in the inbox.
        self._soon: deque[Event | Look] = deque()
        # Our claim on the conversation, and the turn it is for; None while no turn is ours.
        self._claim: tuple[int, TurnRow] | None = None
        # The span of that turn, or of the one before.
        self._span: Span
        # The request that is with the model; None while none is.
        self._asking: asyncio.Task[None] | None = None
        # The last compaction; None if there was none.
        self._compacting: asyncio.Task[None] | None = None
        # When the rows were last looked at; with that, our claim is renewed.
        self._looked_at = 0.0
        # What makes us look again in a moment; None while nothing is awaited.
        self._alarm: asyncio.TimerHandle | None = None
        # Whether the alarm has gone off while much else was in the inbox.
        self._overdue = False

    async def run(self) -> None:
        """Serve until the browser has left and no turn of ours is on."""
        structlog.contextvars.bind_contextvars(conversation=self.conversation.pk)
        await self.nudges.join()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                # The page first; the model while it is looked at.
                await self._hello()
                sources = [
                    self._tasks.create_task(self._listen()),
                    self._tasks.create_task(self.upstream.run()),
                ]
                while self.outbox.is_open or self.turn.phase is not Phase.IDLE:
                    event = await self._next_event()
                    await (self._look(event) if isinstance(event, Look) else self._handle(event))
                    if self._draining and self.turn.phase is Phase.IDLE:
                        await self.outbox.turn_away(RESTARTING)
                # A compaction may take long, and the next session makes it as well.
                for source in (*sources, self._compacting):
                    if source:
                        source.cancel()
        finally:
            if self._alarm:
                self._alarm.cancel()
            if self._claim:
                # Whoever comes next need not wait until the lease is over.
                fence, _ = self._claim
                self._span.end("left_behind")
                await in_database(self.conversation.release, fence)
            await self.nudges.leave()

    def put(self, event: Event) -> bool:
        """Take an event of the browser's without waiting. False if too many wait already."""
        try:
            self.inbox.put_nowait(event)
        except asyncio.QueueFull:
            return False
        return True

    def leave(self, *, closed: bool = False) -> None:
        """The browser is gone: nothing is shown any more, and `run` ends as soon as it may.

        A page that was closed takes the program with it that it has begun; one that was lost comes
        back.
        """
        if closed:
            for run in self.runs.own:
                self._tasks.create_task(in_database(self.conversation.cancel_run, run, "student"))
        self.outbox.leave()
        self._wake()

    def drain(self) -> None:
        """The process is about to end: finish the turn that is on, then close the page.

        A message that comes meanwhile is not acknowledged, so the page sends it again elsewhere.
        """
        self._draining = True
        self._wake()

    def _wake(self) -> None:
        if not self.inbox.full():  # a full inbox wakes the loop as well
            self.inbox.put_nowait(Look())

    def _take(self, spoke: ModelSpoke) -> bool:
        """Take a piece of an answer; False while the browser is behind: offer it again later."""
        return self.outbox.has_room and self.put(spoke)

    # The loop

    async def _next_event(self) -> Event | Look:
        if self._soon:
            return self._soon.popleft()
        if self._overdue:
            self._overdue = False
            return Look()
        if self._alarm is None and self._awaits_others:
            every = RENEW_S if self._claim and not self.runs else LOOK_S
            delay = self._looked_at + every - time.monotonic()
            self._alarm = asyncio.get_running_loop().call_later(delay, self._ring)
        return await self.inbox.get()

    @property
    def _awaits_others(self) -> bool:
        """Whether something is awaited that we might not be told of."""
        return bool(self._claim or self.runs or self.shown.is_going_on)

    def _ring(self) -> None:
        self._alarm = None
        if self.inbox.empty():
            self._wake()
        else:
            self._overdue = True

    async def _handle(self, event: Event) -> None:
        actions = deque(self.turn.receive(event))
        while actions:
            try:
                outcome = await self._perform_next(actions)
            except frames.TurnedAway as why:
                await self.outbox.turn_away(why)
                return
            if outcome:
                # What was still to be done was meant for the case that this went well.
                actions = deque(self.turn.receive(outcome))

    async def _perform_next(self, actions: deque[Action]) -> Event | None:
        """Do the first of `actions`, or the first few if they are to be stored together."""
        stored = list(takewhile(lambda action: isinstance(action, Stored), actions))
        if not stored:
            return await self._perform(actions.popleft())
        for _ in stored:
            actions.popleft()
        return await self._store(stored)  # type: ignore[arg-type]  # takewhile does not narrow

    async def _perform(self, action: Action) -> Event | None:  # noqa: C901  # a line per action
        """Do it. What comes back, if anything, takes the place of the actions after it."""
        match action:
            case Show(frame):
                await self.outbox.show(frame)
            case BeginTurn() | ReopenTurn() | Grant():
                if not self._draining and self.outbox.is_open:
                    return await self._begin(action)
            case SaveUsage(response_id, usage):
                await in_database(self._dialogue.add_usage, response_id, usage)
            case AskModel(request, after_s):
                self._asking = self._tasks.create_task(self.upstream.ask(request, after_s))
            case SteerModel(request, id, payload):
                await self.upstream.steer(request, id, payload)
            case DropModel():
                if self._asking:
                    self._asking.cancel()
            case Save() | SaveWaiting() | EndTurn():
                return await self._store([action])
            case StartRun(call):
                self._soon.append(await in_database(self.runs.start, call))
            case CancelRun(id, by):
                origins: Sequence[Origin] = ("tutor",) if by == "tutor" else ("student", "check")
                await in_database(self.conversation.cancel_run, id, *origins)
            case RelayStop():
                await in_database(self._dialogue.request_stop)
                await self.nudges.send("turn.stop")
            case _:
                assert_never(action)
        return None

    async def _begin(self, action: BeginTurn | ReopenTurn | Grant) -> Event | None:
        """Do what the student wants, while they may. Raises TurnedAway."""
        match action:
            case BeginTurn(said):
                return await self._say(said)
            case ReopenTurn():
                return await self._reopen()
            case Grant(wish):
                self._soon.extend(await self.wishes.grant(wish))
            case _:
                assert_never(action)
        return None

    # The turn in the database

    async def _say(self, said: StudentSaid) -> Event | None:
        try:
            outcome = await self.outbox.admitted(self._dialogue.say, said, self.drafts.own)
        except TooMany:
            await self.outbox.refuse(said.id, "too_many", TOO_MANY)
            return None
        except TooFast as error:
            await self.outbox.refuse(said.id, "too_fast", TOO_FAST.format(ceil(error.wait_s)))
            return None
        except QuotaUsed as error:
            await self.outbox.refuse(said.id, "quota", str(error))
            return None
        except BadStep as error:
            await self.outbox.refuse(said.id, "bad_step", str(error))
            return None
        await self.drafts.stored(said.id, outcome.written)
        if isinstance(outcome, MessageQueued):
            await self.outbox.show(frames.Accepted(id=said.id, item=None))
            # Whoever is at the turn takes it from its row; that may be we.
            self._soon.append(Look())
            await self.nudges.send("conversation.changed")
            return None
        *waited, item = outcome.items
        await self.shown.items(waited)
        await self.shown.accepted(said.id, item)
        if outcome.fence is None:
            return None
        self._own(outcome.fence, outcome.turn)
        await self.nudges.send("conversation.changed")
        return TurnBegan(outcome.turn.number)

    def _own(self, fence: int, turn: TurnRow) -> None:
        self._claim = (fence, turn)
        self._looked_at = time.monotonic()
        facts: dict[str, str | int] = {
            "gen_ai.conversation.id": str(self.conversation.pk),
            "tutor.turn.number": turn.number,
        }
        self._span = Span("turn", facts).enter()

    async def _store(self, actions: Sequence[Stored]) -> CallsStored | TurnLost | None:
        assert self._claim
        fence, row = self._claim
        try:
            items = await in_database(self._dialogue.store, fence, row, actions)
        except ClaimLost:
            return self._lost()
        await self.shown.items(items)
        for action in actions:
            if isinstance(action, EndTurn):
                await self._ended(row)
        await self.nudges.send("conversation.changed")
        calls = tuple(StoredCall(item.number, item.payload) for item in items if item.is_call)
        return CallsStored(calls) if calls else None

    async def _ended(self, row: TurnRow) -> None:
        self._claim = None
        self._span.end("failed" if row.has_failed else "", {"tutor.turn.state": row.state})
        compacting = self._compacting and not self._compacting.done()
        # A turn that failed may be asked for again as it is.
        if self.upstream.context.is_long and not row.has_failed and not compacting:
            self._compacting = self._tasks.create_task(self.upstream.context.compact())
        await self.shown.ended(row)
        if self.turn.waiting:
            self._soon.append(Look())

    def _lost(self) -> TurnLost:
        self._claim = None
        self._span.end("claim_lost")
        # The page hears what has become of the turn from its row.
        self._soon.append(Look())
        return TurnLost()

    # What others do to the same conversation

    async def _hello(self) -> None:
        hello = await self.shown.hello()
        if hello.last_run and hello.last_run.state in frames.GOING_ON:
            self.runs.follow("student", hello.last_run.id)
        for step in hello.steps:
            if step.last and step.last.state in frames.GOING_ON:
                self.runs.follow("check", step.last.id)
        if self.shown.is_going_on:
            self._soon.append(Look())

    async def _follow(self) -> None:
        """Show what others have stored; take over a turn that nobody is at."""
        if self._claim:
            return
        news = await self.shown.news()
        if self._draining:
            return  # whoever comes next goes on
        if news.waiting or (news.turn and news.turn.is_running):
            try:
                taken = await in_database(self._dialogue.take_over)
            except Busy:
                return
            if taken and (event := await self._taken(taken)):
                await self._handle(event)
                self._soon.append(Look())  # Stop may have been pressed meanwhile

    async def _reopen(self) -> Event | None:
        try:
            taken = await self.outbox.admitted(self._dialogue.reopen)
        except Busy:
            taken = None
        return await self._taken(taken) if taken else None

    async def _taken(self, taken: TurnStarted) -> Event | None:
        """Go on with a turn that is ours now, where its rows end; None if nothing was missing."""
        assert taken.fence is not None
        self._own(taken.fence, taken.turn)
        await self.shown.items(taken.items)
        items = await in_database(self._dialogue.items_of, taken.turn)
        match history.next_step([payload for _, payload in items]):
            case history.RunCalls(places):
                calls = tuple(StoredCall(*items[place]) for place in places)
                return TurnTaken(taken.turn.number, calls)
            case history.AskAgain():
                return TurnTaken(taken.turn.number, ())
            case history.WaitForStudent():
                return await self._store([EndTurn(Ending.DONE)])

    async def _listen(self) -> None:
        """Put what the other sessions and the workers say into the inbox."""
        while True:
            message = await self.nudges.receive()
            match message["type"]:
                case "run.printed":
                    run = run_id(message["key"])
                    event = RunPrinted(run, message["stream"], message["text"])
                    await self.inbox.put(event)
                case "run.started" | "run.finished":
                    await self.inbox.put(Look(message["key"]))
                case "program.changed" if self.drafts.hear(message["step"]):
                    await self.inbox.put(Look(step=message["step"]))
                case "turn.stop" | "conversation.changed":
                    await self.inbox.put(Look())

    async def _look(self, look: Look) -> None:
        """Look at the rows of runs, programs and turn, whatever the messages said."""
        if look.key:
            self._soon.extend(await in_database(self.runs.look, look.key))
            return
        if look.step:
            await self.drafts.show(look.step)
            return
        self._looked_at = time.monotonic()
        if self.runs:
            self._soon.extend(await in_database(self.runs.news))
        if self._claim is None:
            await self._follow()
            return
        try:
            kept = await in_database(self._dialogue.renew_lease, *self._claim)
        except ClaimLost:
            await self._handle(self._lost())
            return
        await self.shown.waiting(tuple(map(waiting_view, kept.waiting)))
        if kept.waiting:
            messages = {message.client_id: message.payload for message in kept.waiting}
            await self._handle(StudentWaits(messages))
        if kept.stop_requested:
            await self._handle(StudentStopped(relayed=True))
