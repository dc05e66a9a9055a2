"""Programs of a turn, tried in the sandbox: in one container that takes them one after another."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

from courses.facts import CodeStep
from courses.steps import Step
from sandbox.cases import CaseJob, Observation, ProgramCase, case_for
from sandbox.models import Batch, Run
from tutor.database import in_database
from tutor.leaks.judgement import Observed, ProgramRun
from tutor.models import Conversation, Workbook

# While a batch is awaited its row is read this often: the notification of it may get lost.
POLL_S: Final = 0.075
# Ends of a case that say nothing of what would come another time.
NOT_KEPT: Final = {"timeout", "not_run"}

Key = tuple[str, CaseJob]


class Unavailable(Exception):
    """Programs cannot be tried: there is no sandbox, or it has lost the container."""


class Series:
    """The programs tried in one turn on the cases of one step, each with the step's files beside it
    and within its limits. What was observed is kept: nothing is tried twice.
    """

    def __init__(self, conversation: Conversation, step: Step, files: dict[str, str]) -> None:
        self._conversation = conversation
        self._name = f"leaks.{uuid4().hex}"
        # The key of its run.
        self.key = conversation.run_key("gate", self._name)
        self._step = step
        self._files = files
        # What programs travel as a difference to; the first one that is tried.
        self._base: str | None = None
        # The run's row, as soon as it is requested; None before.
        self._opening: asyncio.Future[Run] | None = None
        # Set when a batch may have been answered.
        self._answered = asyncio.Event()
        # What was observed, as JSON.
        self._known: dict[Key, Any] = {}

    def open(self) -> None:
        """Ask for the container, unless that was done before. Returns at once."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(in_database(self._request))

    def notice(self) -> None:
        """A batch has been answered, or the run has ended."""
        self._answered.set()

    async def observe(self, runs: Sequence[ProgramRun]) -> Observed:
        """What is observed of these programs, in order. Raises Unavailable."""
        wanted = [
            [(run.program, case_for(one.call, one.stdin)) for one in run.cases] for run in runs
        ]
        walls = {
            key: run.wall_s for run, keys in zip(runs, wanted, strict=True) for key in keys
        }  # fmt: skip
        new = [ProgramCase(*key, walls[key]) for key in walls if key not in self._known]
        seen = self._known | await self._try(new)
        return [[seen[key] for key in keys] for keys in wanted]

    async def _try(self, new: Sequence[ProgramCase]) -> dict[Key, Any]:
        if not new:
            return {}
        self.open()
        assert self._opening
        if self._base is None:
            self._base = new[0].program
        run = await asyncio.shield(self._opening)
        batch = await in_database(Batch.ask, run, self._base, new)
        answers = await self._answers(batch)
        if len(answers) < len(new):
            raise Unavailable
        seen = {}
        for one, observed in zip(new, answers, strict=True):
            key = (one.program, one.case)
            seen[key] = observed.to_json()
            if observed.ended not in NOT_KEPT:
                self._known[key] = seen[key]
        return seen

    async def _answers(self, batch: Batch) -> list[Observation]:
        while True:
            self._answered.clear()
            answers = await in_database(batch.answers)
            if answers is not None:
                return answers
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._answered.wait()

    async def end(self) -> None:
        """Give the container back; one that was asked for and has not come yet, too."""
        if self._opening:
            run = await self._opening
            await in_database(run.end_series)

    def _request(self) -> Run:
        limits = None
        if isinstance(self._step, CodeStep):
            limits = Workbook(self._conversation).case_limits(self._step, 1)
        return self._conversation.request_run(
            "gate", self._name, "", files=self._files, limits=limits, series=True
        )
