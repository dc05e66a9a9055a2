"""The judges of a turn: one for each step that it might solve, and the programs they have run.

What they decide by themselves is computed in threads, off the loop; what they have run is run in
the sandbox. Waits are bounded by who asks: one that is cut off ends what it had begun.
"""

import asyncio
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final, ParamSpec, TypeVar

import structlog

from tutor.database import in_database
from tutor.leaks.edits import directives
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Judgement, Judging, Observed, ProgramRun, Verdict
from tutor.leaks.said import Channel, Said
from tutor.leaks.situation import Situation
from tutor.models import Conversation, Turn
from tutor.models.situations import situations
from tutor.session.series import Series, Unavailable
from tutor.telemetry import fault

log = structlog.get_logger()

P = ParamSpec("P")
R = TypeVar("R")

# So often the sandbox may fail a turn; then it is not asked any more in it.
MAX_FAILURES: Final = 2
# So long a container is given back at most.
END_S: Final = 2.0
# The worse first.
_RANK: Final = (Verdict.LEAK, Verdict.UNSURE, Verdict.PARTIAL, Verdict.OK)

# Of all sessions: the interpreter computes one thing at a time anyway.
_threads = ThreadPoolExecutor(4, thread_name_prefix="leaks")


@functools.cache
def warm_up() -> Future[Any]:
    """Have compiled, in a thread, what is at its first use: a text would wait for that."""
    return _threads.submit(directives, Said(Channel.REPLY, "Replace `a` by `b`."))


@dataclass(frozen=True)
class Found:
    """A judgement, and what it is about."""

    situation: Situation
    said: Said
    judgement: Judgement

    @property
    def leaks(self) -> bool:
        """True for what must not be shown."""
        return self.judgement.verdict is Verdict.LEAK

    @property
    def is_of_note(self) -> bool:
        """True if it had anything that could solve the step."""
        return self.judgement.programs > 0 or self.judgement.verdict is not Verdict.OK

    def instead_of(self, unsure: "Found | None") -> "Found":
        """This one, found without the sandbox, in place of one that was not to be found with it."""
        if self.leaks:
            return self
        judgement = unsure.judgement if unsure else Judgement(Verdict.UNSURE)
        return replace(self, judgement=judgement)


class Judges:
    """The judges of one turn of a conversation. One text is judged at a time."""

    def __init__(self, conversation: Conversation, turn: Turn) -> None:
        self.turn = turn
        self._conversation = conversation
        # As they were read last; None before.
        self._situations: list[Situation] | None = None
        # Grows whenever they are others by now.
        self._age = 0
        # By the step's id; one that may still be computing is no more among them.
        self._judges: dict[str, Judge] = {}
        # By the step's id.
        self._series: dict[str, Series] = {}
        # What programs have done, by the step's id: also when their container was given up.
        self._known: dict[str, dict[Any, Any]] = {}
        # How often the sandbox, or a thread, did not answer.
        self._failures = 0
        # There is no sandbox: the first container was refused, or over before it had answered.
        self._is_away = False
        # Series that are being ended.
        self._ending: set[asyncio.Task[None]] = set()
        self._lock = asyncio.Lock()

    @property
    def have_nothing(self) -> bool:
        """True if it is known that there is no step to be solved."""
        return self._situations == []

    def mark_stale(self) -> None:
        """The dialogue has gone on: the situations are others."""
        self._situations = None
        self._age += 1

    def notice(self, key: str) -> None:
        """The run `key` has answered a batch, or has ended."""
        for series in self._series.values():
            if series.key == key:
                series.notice()

    async def prepare(self, said: Said) -> bool:
        """Whether programs can be made of a text; then the student's own have been run, so that a
        container is open. Raises Unavailable.
        """
        async with self._lock:
            needed = [
                judge for judge in await self._read() if await _in_thread(judge.needs_runs, said)
            ]
            for judge in needed:
                await self._drive(judge.situation, judge.prepare())
            return bool(needed)

    async def judge(self, texts: Sequence[Said], before: Sequence[Said] = ()) -> Found | None:
        """The worst judgement of these texts in all situations, each together with what was shown
        `before` and is in no row; None if there are none.

        Raises Unavailable, and what the database raises.
        """
        async with self._lock:
            found = []
            for judge in await self._read():
                for said in texts:
                    judgement = await self._drive(judge.situation, judge.judge(said, before))
                    found.append(Found(judge.situation, said, judgement))
                    if judgement.verdict is Verdict.LEAK:
                        return found[-1]
            return _worst(found)

    async def closed(self, texts: Sequence[Said]) -> Found | None:
        """The same without the sandbox; strictly if there is one, which has not told in time."""
        strict = not self._is_away
        found = []
        # The judges may still be computing: these are new ones.
        for one in await self._read_situations():
            for said in texts:
                judgement = await _in_thread(Judge(one).closed, said, strict=strict)
                found.append(Found(one, said, judgement))
        return _worst(found)

    async def end(self) -> None:
        """Give all containers back."""
        self._abandon()
        if self._ending:
            await asyncio.wait(self._ending)

    async def _read_situations(self) -> list[Situation]:
        if self._situations is not None:
            return self._situations
        age = self._age
        found = await in_database(situations, self._conversation)
        if age == self._age:
            self._situations = found
        return found

    async def _read(self) -> list[Judge]:
        given = await self._read_situations()
        known, self._judges = self._judges, {}
        for one in given:
            judge = known.get(one.step.id)
            # A judge remembers what the student's programs do.
            same = judge is not None and judge.situation == one
            self._judges[one.step.id] = judge if judge and same else Judge(one)
        return list(self._judges.values())

    async def _drive(self, situation: Situation, judging: Judging) -> Judgement:
        try:
            observed: Observed | None = None
            while True:
                asked = await _in_thread(_advance, judging, observed)
                if isinstance(asked, Judgement):
                    return asked
                if self._failures >= MAX_FAILURES:
                    raise Unavailable
                observed = await self._observe(situation, asked)
        except BaseException:  # also where whoever asks waits no longer
            self._failures += 1
            self._abandon()
            raise

    async def _observe(self, situation: Situation, asked: Sequence[ProgramRun]) -> Observed:
        try:
            return await self._series_of(situation).observe(asked)
        except Unavailable:
            if not self._failures:
                self._is_away = not any(self._known.values())
            raise

    def _series_of(self, situation: Situation) -> Series:
        step = situation.step
        if step.id not in self._series:
            known = self._known.setdefault(step.id, {})
            files = dict(situation.files)
            self._series[step.id] = Series(self._conversation, step, files, known)
        return self._series[step.id]

    def _abandon(self) -> None:
        """Use none of these containers and judges any more: they may be at something yet."""
        ended, self._series = self._series, {}
        self._judges = {}
        for series in ended.values():
            task = asyncio.create_task(_end(series))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


def _advance(judging: Judging, observed: Observed | None) -> Sequence[ProgramRun] | Judgement:
    try:
        return next(judging) if observed is None else judging.send(observed)
    except StopIteration as end:
        judgement: Judgement = end.value
        return judgement


def _worst(found: Sequence[Found]) -> Found | None:
    return min(found, key=lambda one: _RANK.index(one.judgement.verdict), default=None)


async def _end(series: Series) -> None:
    try:
        async with asyncio.timeout(END_S):
            await series.end()
    except Exception as error:  # noqa: BLE001  # also what the request of it came to
        # A container that is asked nothing ends by itself.
        log.warning("series.left", **fault(error))


async def _in_thread(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, lambda: call(*args, **kwargs))
