"""A student's session: one inbox, one loop, one place where things are done.

The browser, the model and the sandbox put events into the inbox; the loop gives them to the turn,
one at a time, and performs the actions it answers with. The session outlives its browser: a turn
that is on is brought to its end and stored.
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Final, assert_never

import structlog
from django.conf import settings

from sandbox.job import Result, Status
from sandbox.models import Run
from tutor import frames, history
from tutor.database import in_database
from tutor.events import (
    Action,
    AskModel,
    BeginTurn,
    CancelOwnRun,
    CancelRun,
    DropModel,
    Ending,
    EndTurn,
    Event,
    Payload,
    RelayStop,
    ReopenTurn,
    RunChanged,
    RunPrinted,
    Save,
    SaveCode,
    SaveCompaction,
    SaveUsage,
    Show,
    StartOwnRun,
    StartRun,
    StudentSaid,
    StudentStopped,
    TurnBegan,
    TurnLost,
    TurnTaken,
)
from tutor.models import LEASE, Begun, Busy, ClaimLost, Conversation, Origin, run_view
from tutor.models import Turn as TurnRow
from tutor.nudges import Nudges
from tutor.outbox import Outbox, Page
from tutor.turn import BUSY, Phase, Turn
from tutor.upstream import Upstream

# Events that wait. The model's reader is held back by it; a browser that fills it is cut off.
INBOX_EVENTS: Final = 256
# While something is awaited, the rows are looked at this often: messages may get lost.
LOOK_S: Final = 1.0
# A claim is renewed this often; three times in the lease it has.
RENEW_S: Final = LEASE.total_seconds() / 3
# A run that waits so long while no worker does anything at all never will be run.
RUN_TIMEOUT_S: Final = 30.0
RUN_LOST: Final = Result(
    Status.UNAVAILABLE, message="Code cannot be run at the moment: nothing took the program."
)
RESTARTING: Final = frames.TurnedAway(
    frames.Close.RESTARTING, "The server restarts. Nothing is lost; the page connects again."
)
# What a student does to the conversation: allowed only while they take the course.
ASKED_FOR: Final = (BeginTurn, ReopenTurn, StartOwnRun, SaveCode)
RUN_BUSY: Final = "A program of yours is still running. Stop it first."


@dataclass(frozen=True)
class Look:
    """A nudge: look at the row of this run, or without a key at everything that is awaited."""

    key: str | None = None


class Session:
    """One browser's connection to one conversation, with its own socket to the model."""

    def __init__(self, conversation: Conversation, fields: Payload, page: Page) -> None:
        self.conversation = conversation
        self.turn = Turn()
        self.inbox: asyncio.Queue[Event | Look] = asyncio.Queue(INBOX_EVENTS)
        self.upstream = Upstream(fields, self._payloads, self.inbox.put)
        self.outbox = Outbox(page)
        self.nudges = Nudges(conversation.group)
        # Set when the process is about to end: no turn begins any more.
        self._draining = False
        # What we have to say to ourselves; it comes before what is in the inbox.
        self._soon: deque[Event | Look] = deque()
        # Our claim on the conversation, and the turn it is for; None while no turn is ours.
        self._claim: tuple[int, TurnRow] | None = None
        # The turn of another session that our browser was told of last; None if there was none.
        self._followed: TurnRow | None = None
        # The request that is with the model; None while none is.
        self._asking: asyncio.Task[None] | None = None
        # The runs whose end we wait for, with the moment (time.monotonic) at which we give up.
        self._runs: dict[str, float] = {}
        # The number of the last item that our browser was shown.
        self._shown = 0
        # The tokens that the model was told and said last.
        self._context = 0
        # When the rows were last looked at, and when our claim was last renewed.
        self._looked_at = 0.0
        self._renewed_at = 0.0

    async def run(self) -> None:
        """Serve until the browser has left and no turn of ours is on."""
        structlog.contextvars.bind_contextvars(conversation=self.conversation.pk)
        await self.nudges.join()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                sources = [
                    self._tasks.create_task(self._listen()),
                    self._tasks.create_task(self.upstream.run()),
                ]
                await self._hello()
                while self.outbox.is_open or self.turn.phase is not Phase.IDLE:
                    event = await self._next_event()
                    await (self._look(event) if isinstance(event, Look) else self._handle(event))
                    if self._draining and self.turn.phase is Phase.IDLE:
                        await self.outbox.turn_away(RESTARTING)
                for source in sources:
                    source.cancel()
        finally:
            if self._claim:
                # Whoever comes next need not wait until the lease is over.
                fence, _ = self._claim
                await in_database(self.conversation.release, fence)
            await self.nudges.leave()

    def put(self, event: Event) -> bool:
        """Take an event of the browser's without waiting. False if too many wait already."""
        try:
            self.inbox.put_nowait(event)
        except asyncio.QueueFull:
            return False
        return True

    def leave(self) -> None:
        """The browser is gone: nothing is shown any more, and `run` ends as soon as it may."""
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

    # The loop

    async def _next_event(self) -> Event | Look:
        while True:
            if self._soon:
                return self._soon.popleft()
            overdue = self._claim and time.monotonic() - self._looked_at > 2 * LOOK_S
            if not self.inbox.empty():
                return Look() if overdue else self.inbox.get_nowait()
            try:
                async with asyncio.timeout(self._patience()):
                    return await self.inbox.get()
            except TimeoutError:
                if self.outbox.due_in is None:
                    return Look()
                await self.outbox.flush()

    def _patience(self) -> float | None:
        """Seconds until the loop has something to do of its own accord; None if never."""
        if self.outbox.due_in is not None:
            return self.outbox.due_in
        if self._claim or self._runs or (self._followed and self._followed.is_running):
            return max(0.0, self._looked_at + LOOK_S - time.monotonic())
        return None

    async def _handle(self, event: Event) -> None:
        actions = deque(self.turn.receive(event))
        while actions:
            action = actions.popleft()
            if isinstance(action, ASKED_FOR) and not await self._admits():
                return
            outcome = await self._perform(action)
            if outcome:
                # What was still to be done was meant for the case that this went well.
                actions = deque(self.turn.receive(outcome))

    async def _admits(self) -> bool:
        """Whether the student may still do something here."""
        return not self._draining and await self.outbox.admits()

    async def _perform(self, action: Action) -> Event | None:  # noqa: C901  # a line per action
        """Do it. What comes back, if anything, takes the place of the actions after it."""
        match action:
            case Show(frame):
                await self.outbox.show(frame)
            case BeginTurn(said):
                return await self._begin(said)
            case ReopenTurn():
                return await self._reopen()
            case SaveUsage(response_id, usage):
                await in_database(self.conversation.add_usage, response_id, usage)
            case SaveCompaction(response_id, count, items):
                await in_database(self.conversation.add_compaction, response_id, count, items)
            case AskModel(request, after_s):
                self._asking = self._tasks.create_task(self.upstream.ask(request, after_s))
            case DropModel():
                if self._asking:
                    self._asking.cancel()
            case Save():
                return await self._save(action)
            case EndTurn(ending, message):
                return await self._end(ending, message)
            case StartRun(call):
                await self._start_run("tutor", call.id, call.code, call.stdin)
            case StartOwnRun(ran):
                try:
                    await self._start_run("student", ran.id, ran.code, ran.stdin)
                except Busy:
                    await self.outbox.show(frames.Refused(id=ran.id, code="busy", message=RUN_BUSY))
            case CancelRun(id):
                await self._cancel_run("tutor", id)
            case CancelOwnRun(id):
                await self._cancel_run("student", id)
            case SaveCode(code):
                await in_database(self.conversation.keep_code, code)
                await self.outbox.show(frames.Saved())
            case RelayStop():
                await in_database(self.conversation.request_stop)
                await self.nudges.send("turn.stop")
            case _:
                assert_never(action)
        return None

    # The turn in the database

    async def _begin(self, said: StudentSaid) -> Event | None:
        try:
            begun = await in_database(self.conversation.begin, said)
        except Busy:
            # Another session may be at this very message: then it is not refused but stored.
            known = await in_database(self.conversation.known, said.id)
            self._soon.append(Look())
            if known is None:
                await self.outbox.show(frames.Refused(id=said.id, code="busy", message=BUSY))
                return None
            begun = known
        item = begun.item.view(None)
        assert isinstance(item, frames.StudentItem)
        await self.outbox.show(frames.Accepted(id=said.id, item=item))
        if begun.fence is None:
            return None
        self._shown = begun.item.number
        self._claim = (begun.fence, begun.turn)
        await self.nudges.send("conversation.changed")
        return TurnBegan(begun.turn.number)

    async def _save(self, save: Save) -> TurnLost | None:
        assert self._claim
        try:
            items = await in_database(
                self.conversation.append,
                *self._claim,
                save.payloads,
                response_id=save.response_id,
                interrupted=save.interrupted,
                usage=save.usage,
            )
        except ClaimLost:
            return self._lost()
        if save.usage:
            self._context = save.usage.input + save.usage.output
        for item in items:
            await self.outbox.show_item(item.view(None))
            self._shown = item.number
        await self.nudges.send("conversation.changed")
        return None

    async def _end(self, ending: Ending, message: str) -> TurnLost | None:
        assert self._claim
        try:
            await in_database(self.conversation.end, *self._claim, ending, message)
        except ClaimLost:
            return self._lost()
        _, row = self._claim
        self._claim = None
        if self._context > settings.COMPACT_AT_TOKENS:
            self._context = 0
            self._tasks.create_task(self.upstream.compact())
        await self.outbox.show(row.view())
        await self.nudges.send("conversation.changed")
        return None

    def _lost(self) -> TurnLost:
        self._claim = None
        # The page hears what has become of the turn from its row.
        self._soon.append(Look())
        return TurnLost()

    async def _payloads(self) -> list[Payload]:
        return await in_database(self.conversation.payloads)

    # What others do to the same conversation

    async def _hello(self) -> None:
        hello = await in_database(self._read_hello)
        self._shown = hello.items[-1].number if hello.items else 0
        if hello.last_run and hello.last_run.state in ("queued", "running"):
            key = self.conversation.run_key("student", hello.last_run.id)
            self._runs[key] = time.monotonic() + RUN_TIMEOUT_S
        await self.outbox.show(hello)
        await self._follow()

    def _read_hello(self) -> frames.Hello:
        self._followed = self.conversation.turns.last()
        last_run = self.conversation.last_own_run()
        self.conversation.refresh_from_db(fields=["code"])
        return frames.Hello(
            conversation=self.conversation.pk,
            code=self.conversation.code,
            items=self.conversation.shown(),
            turn=self._followed.view() if self._followed else None,
            last_run=run_view(last_run) if last_run else None,
            emulated=settings.USES_EMULATOR,
        )

    async def _follow(self) -> None:
        """Show what others have stored; take over a turn that its session has left behind."""
        if self._claim:
            return
        turn, items = await in_database(self.conversation.news, after=self._shown)
        for item in items:
            await self.outbox.show_item(item)
            self._shown = item.number
        if turn and (self._followed is None or turn.view() != self._followed.view()):
            await self.outbox.show(turn.view())
        self._followed = turn
        if turn and turn.is_running:
            try:
                taken = await in_database(self.conversation.take_over)
            except Busy:
                return
            if taken and (event := await self._taken(taken)):
                await self._handle(event)
                self._soon.append(Look())  # Stop may have been pressed meanwhile

    async def _reopen(self) -> Event | None:
        try:
            taken = await in_database(self.conversation.reopen)
        except Busy:
            taken = None
        return await self._taken(taken) if taken else None

    async def _taken(self, taken: Begun) -> Event | None:
        """Go on with a turn that is ours now, where its rows end; None if nothing was missing."""
        assert taken.fence is not None
        self._claim = (taken.fence, taken.turn)
        match history.next_step(await self._payloads()):
            case history.RunCalls(calls):
                return TurnTaken(taken.turn.number, calls)
            case history.AskAgain():
                return TurnTaken(taken.turn.number, ())
            case history.WaitForStudent():
                return await self._end(Ending.DONE, "")

    async def _listen(self) -> None:
        """Put what the other sessions and the workers say into the inbox."""
        while True:
            message = await self.nudges.receive()
            match message["type"]:
                case "run.printed":
                    run = Conversation.run_id(message["key"])
                    event = RunPrinted(run, message["stream"], message["text"])
                    await self.inbox.put(event)
                case "run.started" | "run.finished":
                    await self.inbox.put(Look(message["key"]))
                case "turn.stop" | "conversation.changed":
                    await self.inbox.put(Look())

    async def _look(self, look: Look) -> None:
        """Look at the rows of runs and turn, whatever the messages said."""
        if look.key:
            for run in await in_database(self._read_runs, [look.key]):
                self._run_changed(run)
            return
        self._looked_at = time.monotonic()
        if self._runs:
            for run in await in_database(self._read_runs, list(self._runs)):
                if run.finished:
                    self._run_changed(run)
        if self._claim is None:
            await self._follow()
            return
        fence, row = self._claim
        if self._looked_at - self._renewed_at >= RENEW_S:
            self._renewed_at = self._looked_at
            try:
                await in_database(self.conversation.renew, fence)
            except ClaimLost:
                await self._handle(self._lost())
                return
        await in_database(row.refresh_from_db, fields=["stop_requested"])
        if row.stop_requested:
            await self._handle(StudentStopped(relayed=True))

    # Runs

    async def _start_run(self, origin: Origin, run_id: str, code: str, stdin: str) -> None:
        run = await in_database(self.conversation.request_run, origin, run_id, code, stdin)
        self._runs[run.key] = time.monotonic() + RUN_TIMEOUT_S
        self._run_changed(run)

    async def _cancel_run(self, origin: Origin, run_id: str) -> None:
        await in_database(self.conversation.cancel_run, origin, run_id)

    def _read_runs(self, keys: list[str]) -> list[Run]:
        """The rows of these runs; those that nobody works on any more are ended first."""
        runs = list(Run.objects.filter(key__in=keys))
        for run in runs:
            # Only whoever waits for a run gives it up.
            give_up_at = self._runs.get(run.key)
            if give_up_at and give_up_at < time.monotonic() and run.is_abandoned(RUN_TIMEOUT_S):
                run.finish(RUN_LOST)
        return runs

    def _run_changed(self, run: Run) -> None:
        if run.finished:
            self._runs.pop(run.key, None)
        self._soon.append(RunChanged(run_view(run)))
