"""The runs whose end a session waits for: asked for, looked at, given up if nobody takes them."""

import time
from typing import Final

from sandbox.job import Result, Status
from sandbox.models import Run
from tutor.database import in_database
from tutor.events import RunChanged
from tutor.models import Conversation, Origin, run_view
from tutor.telemetry import Span

# A run that waits so long while no worker does anything at all never will be run.
RUN_TIMEOUT_S: Final = 30.0
TOOL: Final = "execute_code"
TOOL_FACTS: Final = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": TOOL}
RUN_LOST: Final = Result(
    Status.UNAVAILABLE, message="Code cannot be run at the moment: nothing took the program."
)


class Runs:
    """The runs of one conversation. A run's row decides; whatever is heard of it is a hint."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        # By key, with the moment (time.monotonic) at which we give up.
        self._awaited: dict[str, float] = {}
        # Of those that we have asked for, by key.
        self._spans: dict[str, Span] = {}

    def __bool__(self) -> bool:
        """Whether any run is awaited."""
        return bool(self._awaited)

    def follow(self, origin: Origin, run_id: str) -> None:
        """Await a run that somebody else has asked for."""
        self._awaited[self._conversation.run_key(origin, run_id)] = _deadline()

    async def start(self, origin: Origin, run_id: str, code: str, stdin: str) -> RunChanged:
        """Ask for a run, once under this name, and await it. Raises models.Busy."""
        span = Span(f"execute_tool {TOOL}", {**TOOL_FACTS, "gen_ai.tool.call.id": run_id})
        run = await in_database(self._conversation.request_run, origin, run_id, code, stdin)
        self._awaited[run.key] = _deadline()
        self._spans[run.key] = span
        return self._changed(run)

    async def cancel(self, origin: Origin, run_id: str) -> None:
        """Ask for the end of a run."""
        await in_database(self._conversation.cancel_run, origin, run_id)

    async def look(self, key: str) -> list[RunChanged]:
        """What has become of one run; nothing if there is no such run."""
        return [self._changed(run) for run in await in_database(self._read, [key])]

    async def ended(self) -> list[RunChanged]:
        """Those of the awaited runs that are over."""
        runs = await in_database(self._read, list(self._awaited)) if self._awaited else []
        return [self._changed(run) for run in runs if run.finished]

    def _read(self, keys: list[str]) -> list[Run]:
        """The rows of these runs; those that nobody works on any more are ended first."""
        runs = list(Run.objects.filter(key__in=keys))
        for run in runs:
            # Only whoever waits for a run gives it up.
            give_up_at = self._awaited.get(run.key)
            if give_up_at and give_up_at < time.monotonic() and run.is_abandoned(RUN_TIMEOUT_S):
                run.finish(RUN_LOST)
        return runs

    def _changed(self, run: Run) -> RunChanged:
        if run.finished:
            self._awaited.pop(run.key, None)
            if span := self._spans.pop(run.key, None):
                span.end(attributes={"tutor.run.status": run.status})
        return RunChanged(run_view(run))


def _deadline() -> float:
    return time.monotonic() + RUN_TIMEOUT_S
