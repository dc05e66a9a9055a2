"""The leak gate of a session: what the tutor says in its turn, judged before it is shown.

1. Every text is answered within BOUND_S, whatever hangs: the sandbox, its queue, a thread, the
   database. What has not been judged by then is judged without the sandbox; what could not be
   judged so either is not shown.
2. What was found is stored before it is answered. Where that fails it is tried again, a few times;
   a text that leaks is not shown all the same, and another one is.
3. Where the gate only takes notes, everything is shown.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError

from tutor.database import in_database
from tutor.leaks.judgement import Verdict
from tutor.leaks.said import Said
from tutor.leaks.windows import windows
from tutor.models import Conversation, Turn
from tutor.models.leak_gate import GatePolicy, gate_of, record
from tutor.protocol.gate import Judge, PieceJudged
from tutor.session.judges import Found, Judges, warm_up
from tutor.session.runs import OutputEnded
from tutor.session.series import Unavailable
from tutor.telemetry import fault

log = structlog.get_logger()

# From the last character of a text to its answer …
BOUND_S: Final = 1.5
# … of that at most so much until it is judged, and judged without the sandbox.
JUDGED_S: Final = 1.0
CLOSED_S: Final = 1.25
# A text that is being held back is looked at this often, until there is something to be tried.
LOOK_S: Final = 0.15
# How often a judgement is stored anew, and after how long.
RECORD_TRIES: Final = 3
RECORD_PAUSE_S: Final = 0.05
# A call in the database, which is made again until it can be.
InDatabase = Callable[..., Awaitable[Any]]

OFF: Final = GatePolicy(judges=False, enforces=False)


@dataclass(frozen=True)
class OutputJudged:
    """What the run `key` of the tutor's shows may be seen, or not: it `leaks`."""

    key: str
    leaks: bool


class LeakGate:
    """The gate of one session: `give` takes what was found, `spawn` begins a task of it."""

    def __init__(
        self,
        conversation: Conversation,
        in_database: InDatabase,
        give: Callable[[PieceJudged | OutputJudged], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._conversation = conversation
        self._in_database = in_database
        self._give = give
        self._spawn = spawn
        warm_up()
        # Of the turn that is on; OFF while none is.
        self._policy = OFF
        # None while no turn is on.
        self._judges: Judges | None = None
        # The parts of answers that wait to be judged, by request, each with when it came. They are
        # judged together: mostly the last one holds all before it.
        self._waiting: dict[int, list[tuple[float, Judge]]] = {}
        # What is being judged or prepared, each with its request; 0 if it belongs to none.
        self._tasks: dict[asyncio.Task[None], int] = {}
        # What runs of the turn have printed that was not found to leak.
        self._printed: list[Said] = []
        # Whether the sandbox is ready, or is being looked at; when a held text was looked at last.
        self._is_prepared = False
        self._looked_at = 0.0

    # A turn

    async def begin(self, turn: Turn) -> bool:
        """A turn of ours begins: whether what is said in it is judged. Asks the database."""
        self.end()
        self._policy = await self._in_database(gate_of, self._conversation)
        self._judges = Judges(self._conversation, turn)
        return self._policy.judges

    def mark_stale(self) -> None:
        """The dialogue has gone on: what is said from now on is judged against another situation.

        What is being judged is judged against the one before.
        """
        if self._judges:
            self._judges.mark_stale()

    def notice(self, key: str) -> None:
        """The run `key`, of whatever session, has answered a batch or has ended."""
        if self._judges:
            self._judges.notice(key)

    def end(self) -> None:
        """The turn is over: nothing of it is judged any more, and its containers go back."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self._waiting.clear()
        judges, self._judges, self._policy = self._judges, None, OFF
        self._printed.clear()
        self._is_prepared = False
        if judges:
            self._spawn(judges.end())

    # Texts

    def prepare(self, held: Said) -> None:
        """A text is being held back: if there is something to be tried in it as far as it has come,
        open the container while the rest of it comes.
        """
        now = self._now()
        if self._judges and not self._is_prepared and now - self._looked_at >= LOOK_S:
            self._is_prepared, self._looked_at = True, now
            self._begin(self._prepare(self._judges, held))

    def judge(self, asked: Judge) -> None:
        """Judge a part of an answer; what is found is given as PieceJudged."""
        judges = self._judges
        assert judges
        if judges.have_nothing:
            self._give(PieceJudged(asked.request, asked.piece, leaks=False))
        elif asked.of_call:
            self._begin(self._answer_call(judges, asked), asked.request)
        elif waiting := self._waiting.get(asked.request):
            waiting.append((self._now(), asked))
        else:
            self._waiting[asked.request] = [(self._now(), asked)]
            self._begin(self._answer(judges, asked.request), asked.request)

    def judge_output(self, ended: OutputEnded) -> None:
        """Judge what a run has shown; what is found is given as OutputJudged, unless the turn is
        over before.
        """
        if self._judges:
            self._begin(self._answer_output(self._judges, ended))

    def _begin(self, work: Coroutine[Any, Any, None], request: int = 0) -> None:
        task = self._spawn(work)
        self._tasks[task] = request
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    def _drop_rest(self, request: int) -> None:
        """One part of an answer leaks: nobody wants to know of the parts behind it."""
        for task, of in self._tasks.items():
            if of == request and task is not asyncio.current_task():
                task.cancel()

    async def _prepare(self, judges: Judges, held: Said) -> None:
        try:
            async with asyncio.timeout(BOUND_S):
                self._is_prepared = await judges.prepare(held)
        except Exception as error:  # noqa: BLE001  # what is judged next finds it out for itself
            log.warning("leaks.unprepared", **fault(error))

    async def _answer(self, judges: Judges, request: int) -> None:
        """Judge the parts of an answer, while any wait."""
        while waiting := self._waiting.get(request):
            parts = list(waiting)
            texts = _without_beginnings([said for _, asked in parts for said in asked.said])
            leaks = await self._leaks(judges, texts, parts[0][0], parts[-1][1].before)
            if leaks:
                self._drop_rest(request)
            # Those that have come meanwhile stay.
            del waiting[: len(parts)]
            for _, asked in parts:
                self._give(PieceJudged(request, asked.piece, leaks))
        self._waiting.pop(request, None)

    async def _answer_call(self, judges: Judges, asked: Judge) -> None:
        leaks = await self._leaks(judges, asked.said, self._now(), asked.before)
        self._give(PieceJudged(asked.request, asked.piece, leaks))

    async def _answer_output(self, judges: Judges, ended: OutputEnded) -> None:
        texts = [replace(ended.said, text=text) for text in windows(ended.said.text)]
        before = tuple(self._printed)  # the rows may not say of them yet that they are shown
        self._printed.append(ended.said)
        if leaks := await self._leaks(judges, texts, self._now(), before):
            self._printed.remove(ended.said)
        self._give(OutputJudged(ended.key, leaks))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _leaks(
        self, judges: Judges, texts: Sequence[Said], begun: float, before: Sequence[Said]
    ) -> bool:
        """Whether one of these texts, of which the first came at `begun`, must not be shown after
        what was shown `before`. Within BOUND_S, and never raises.
        """
        policy = self._policy
        try:
            found = await _found(judges, texts, before, begun)
        except Exception as error:  # noqa: BLE001  # what was not judged is not shown
            log.error("leaks.not_judged", **fault(error))  # noqa: TRY400  # without its text
            return policy.enforces
        if found is None:
            return False
        held_back = policy.enforces and found.leaks
        if found.is_of_note:
            await self._record(found, judges.turn, begun, held_back=held_back)
        return held_back

    async def _record(self, found: Found, turn: Turn, begun: float, *, held_back: bool) -> None:
        """Store what was found, in the time that is left."""
        loop = asyncio.get_running_loop()
        ms = round(1000 * (loop.time() - begun))
        try:
            async with asyncio.timeout_at(begun + BOUND_S):
                for _ in range(RECORD_TRIES):
                    try:
                        await in_database(
                            record, self._conversation, turn, found.said, found.situation,
                            found.judgement, ms=ms, held_back=held_back,
                        )  # fmt: skip
                    except (OperationalError, InterfaceError):
                        await asyncio.sleep(RECORD_PAUSE_S)
                    else:
                        return
        except Exception as error:  # noqa: BLE001  # what was found stands, also without its row
            log.error("leaks.not_recorded", held_back=held_back, **fault(error))  # noqa: TRY400  # without its text
        else:
            log.error("leaks.not_recorded", held_back=held_back)


def _without_beginnings(texts: Sequence[Said]) -> list[Said]:
    """The texts, without those that a later one begins with: a reply as far as it had come."""
    return [
        said
        for place, said in enumerate(texts)
        if not any(
            said.channel is later.channel and later.text.startswith(said.text)
            for later in texts[place + 1 :]
        )
    ]


async def _found(
    judges: Judges, texts: Sequence[Said], before: Sequence[Said], begun: float
) -> Found | None:
    """The judgement of these texts by running them, or else without; raises what that does."""
    try:
        async with asyncio.timeout_at(begun + JUDGED_S):
            found = await judges.judge(texts, before)
    except Exception as error:  # noqa: BLE001  # whatever it is, a text is judged without it
        if not isinstance(error, Unavailable):
            log.warning("leaks.closed", **fault(error))
        found = None
    else:
        if found is None or found.judgement.verdict is not Verdict.UNSURE:
            return found
    async with asyncio.timeout_at(begun + CLOSED_S):
        closed = await judges.closed(texts)
    return closed.instead_of(found) if closed else None
