"""The runs whose end a session awaits: requested, reread, given up if nobody takes them.

The run for a prediction is never shown: its end is a comparison, which is. Where the leak gate is
on, what a run of the tutor's has printed is shown when it has been judged; where it only takes
notes that is judged, and shown all the same.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from sandbox.constants import QUEUED, RUNNING, WATCH_S
from sandbox.job import Result, Status
from sandbox.models import Run, recovery
from tutor.leaks.said import Channel, Said
from tutor.method.program_hash import program_hash
from tutor.method.tools import RUN, refused_output
from tutor.models import (
    Conversation,
    Moves,
    NotAllowed,
    Origin,
    SavedProgram,
    StepRun,
    Workbook,
    run_id,
    run_view,
    with_files,
)
from tutor.models.leak_gate import gate_of, record_output
from tutor.models.situations import output_of
from tutor.protocol import frames
from tutor.protocol.calls import (
    RunCall,
    is_call_run,
    is_prediction_run,
    prediction_run_name,
)
from tutor.protocol.commands import StudentRan
from tutor.protocol.events import AttemptUpdated, RunRefused, RunUpdated
from tutor.session.notifications import Refresh
from tutor.session.run_output import RunOutput
from tutor.session.tutor_runs import NotRunnable, WantedRun
from tutor.telemetry import Span, plain
from tutor.turn.revisions import NO_WRITES, OwnWrites

# A run that waits so long while no worker does anything at all never will be run.
RUN_TIMEOUT_S: Final = 30.0
# The same where the sandbox is starting: no worker has come yet.
START_TIMEOUT_S: Final = 120.0
# The place in line, and whether the sandbox is starting; that of a run that does not wait.
QueuePlace = tuple[int, bool]
AT_WORK: Final[QueuePlace] = (0, False)
TOOL_FACTS: Final = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": RUN}
RUN_LOST: Final = Result(
    Status.UNAVAILABLE, message="Code cannot be run at the moment: nothing took the program."
)


@dataclass(frozen=True)
class OutputEnded:
    """A run of the tutor's in our turn has ended, and what it shows is to be judged."""

    key: str
    said: Said


# The state of a run, or of the attempt that it is made for. After the end of one for a prediction
# everything is reread: a message has waited for it.
Change = RunUpdated | AttemptUpdated | OutputEnded | Refresh


@dataclass(frozen=True)
class Started:
    """A run that the student has requested, and the program stored with it; None if none was."""

    change: Change
    written: SavedProgram | None


class Runs:
    """The runs of one conversation. A run's row decides; a notification about it is a hint.

    All methods but `follow` ask the database; a session calls one at a time.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._workbook = Workbook(conversation)
        self._moves = Moves(conversation)
        # By key, with the moment (time.monotonic) at which we give up.
        self._awaited: dict[str, float] = {}
        # The spans of those that we have requested, by key.
        self._spans: dict[str, Span] = {}
        # How far the page has been shown what they print.
        self.output = RunOutput()
        # When it was said last that the page is there (time.monotonic).
        self._watched_at = float("-inf")
        # Of the tutor's runs in the turn that is ours the keys of those whose output is judged when
        # they have ended, hidden until then or not, and of those of which it is being judged.
        self._unjudged: set[str] = set()
        self._judging: set[str] = set()
        # The names of the tutor's runs whose output is not judged.
        self._open: set[str] = set()
        # The place among those that wait that was shown last, by key.
        self._places: dict[str, QueuePlace] = {}

    def __bool__(self) -> bool:
        """True while any run is awaited."""
        return bool(self._awaited)

    def follow(self, origin: Origin, run_id: str) -> None:
        """Await a run that somebody else has requested."""
        self._awaited[self._conversation.run_key(origin, run_id)] = _deadline()

    def show(self, hello: frames.Hello) -> list[Refresh]:
        """The page is shown this: await what goes on in it, and have brought what it has missed of
        the output. What to reread."""
        own = hello.last_run
        if own and own.state in frames.GOING_ON:
            self.follow("student", own.id)
            self.output.note(own)
            if own.state == "running":
                self.output.lose(own.id)
        for step in hello.steps:
            if step.last and step.last.state in frames.GOING_ON:
                self.follow("check", step.last.id)
        runs = (item.run for item in hello.items if isinstance(item, frames.RunItem))
        # Whether their output may be seen stands in the row.
        return [
            Refresh(key=self._conversation.run_key("tutor", run.id))
            for run in runs
            if run.state == "running"
        ]

    def follow_prediction(self, number: int) -> None:
        """Await the run with which the prediction of that number is compared."""
        key = self._conversation.run_key("tutor", prediction_run_name(number))
        if key not in self._awaited:
            self._awaited[key] = _deadline()

    def start(self, call: RunCall) -> Change | RunRefused:
        """Run a call of the tutor's, once for its item, and await it; see tutor_runs.WantedRun."""
        try:
            run = self._request(call)
        except (NotRunnable, NotAllowed) as error:
            because = error.for_model if isinstance(error, NotAllowed) else str(error)
            return RunRefused(call.item, refused_output(call.call_id, because))
        facts = {**TOOL_FACTS, "gen_ai.tool.call.id": plain(call.call_id)}
        if _output(run) == StepRun.UNJUDGED or self._is_noted():
            self._unjudged.add(run.key)
        return self._begun(run, f"execute_tool {RUN}", facts)

    def _is_noted(self) -> bool:
        """Whether what the tutor's runs print is judged, and shown all the same."""
        policy = gate_of(self._conversation)
        return policy.judges and not policy.enforces

    @transaction.atomic
    def _request(self, call: RunCall) -> Run:
        """The run of a call. Raises NotRunnable, NotAllowed; then nothing is stored."""
        conversation = self._conversation
        conversation.lock()  # a prediction may be asked for, or made, on another page
        known = with_files(Run.objects.filter(key=conversation.run_key("tutor", call.run))).first()
        if known:
            return known
        wanted = WantedRun.of(conversation, call)
        step = wanted.step.id
        self._moves.check_run(step, wanted.code, by="tutor")
        options = wanted.options(conversation, call)
        run = conversation.request_run("tutor", call.run, wanted.code, **options)
        judged = gate_of(conversation).enforces
        self._note(
            run, step, wanted.code_hash, own=wanted.own, added=wanted.added,
            output=StepRun.UNJUDGED if judged else StepRun.SHOWN,
        )  # fmt: skip
        return run

    def start_own(self, ran: StudentRan, own: OwnWrites = NO_WRITES) -> Started:
        """Run the student's program, once under its id, and await it; it is stored with that.

        Raises Busy, BadStep or NotAllowed; then nothing is stored.
        """
        conversation = self._conversation
        with transaction.atomic():
            conversation.lock()  # another page may be sending the same frame
            run = Run.objects.filter(key=conversation.run_key("student", ran.id)).first()
            written = None
            if run is None:
                step = self._workbook.step(ran.step).id
                self._moves.check_run(step, ran.code, by="student")
                written = self._workbook.save_program(ran, own)
                run = conversation.request_run(
                    "student", ran.id, ran.code, stdin=ran.stdin, interactive=ran.interactive,
                    files=self._workbook.files_for(step, ran.files),
                )  # fmt: skip
                language = conversation.lesson.course.language
                self._note(run, step, program_hash(ran.code, ran.files, language))
        return Started(self._begun(run, "run", {}), written)

    def _note(self, run: Run, step: str, code_hash: str, **facts: Any) -> None:
        """Store what a new run is to its step; `facts` are further columns of that row."""
        StepRun.objects.create(
            run=run, conversation=self._conversation, step=step, code_hash=code_hash, **facts
        )

    def attempt(self, tried: frames.TryFrame, own: OwnWrites = NO_WRITES) -> Started:
        """Store an attempt, once under its id, and await its run.

        Raises Busy, BadStep or NotAllowed.
        """
        attempted = self._workbook.attempt(tried, own)
        view = attempted.view
        if view.state in frames.GOING_ON:
            self.follow("check", tried.id)
            key = self._conversation.run_key("check", tried.id)
            self._places[key] = (view.position, view.starting)
        return Started(AttemptUpdated(view), attempted.written)

    # The output of the tutor's runs

    def streams(self, name: str) -> bool:
        """Whether pages see what the run of that name prints while it runs."""
        return not is_call_run(name) or name in self._open

    def settle_output(self, key: str, *, leaks: bool) -> RunUpdated:
        """Store whether pages may see what a run has printed; its state with that."""
        run = self._read([key])[0]
        record_output(run, shown=not leaks)
        self._judging.discard(key)
        [run] = self._read([key])
        return RunUpdated(run_view(run))

    def leave_outputs(self) -> list[Refresh]:
        """The turn is over: nothing of it is judged any more, and stays hidden. What to reread."""
        left = [Refresh(key=key) for key in self._judging]
        self._unjudged.clear()
        self._judging.clear()
        return left

    # The rows

    def refresh(self, key: str) -> list[Change]:
        """The state of one run now; empty if there is no such run."""
        return self._changes(self._read([key]))

    def changes(self, *, is_watched: bool) -> list[Change]:
        """The awaited runs whose end, place or output may not have been notified. While the page
        `is_watched`, programs to which somebody may type go on."""
        if is_watched and time.monotonic() - self._watched_at >= WATCH_S:
            self._watched_at = time.monotonic()
            Run.watch(self._awaited)
        runs = self._read(self._awaited) if self._awaited else []
        return self._changes(run for run in runs if run.finished or self._has_moved(run))

    def want_output(self, names: Iterable[str]) -> None:
        """Have all stored that the runs of these names have printed, if they are on."""
        key = self._conversation.run_key
        Run.want_replay([key("tutor" if is_call_run(name) else "student", name) for name in names])

    def _changes(self, runs: Iterable[Run]) -> list[Change]:
        changes = (self._changed(run) for run in runs)
        return [change for change in changes if change]

    def _begun(self, run: Run, name: str, facts: dict[str, str]) -> RunUpdated | OutputEnded:
        self._awaited[run.key] = _deadline()
        if run.key not in self._spans:
            self._spans[run.key] = Span(name, {**facts})
        change = self._changed(run)
        assert isinstance(change, RunUpdated | OutputEnded)
        return change

    def _read(self, keys: Iterable[str]) -> list[Run]:
        """The rows of these runs; first those that have died with their worker are tried once more,
        and those that nobody takes are ended."""
        runs = list(with_files(Run.objects.filter(key__in=list(keys))))
        for run in runs:
            # Only whoever waits for a run looks after it.
            if run.key in self._awaited:
                recovery.retry_if_lost(run)
                self._end_abandoned(run)
        return runs

    def _end_abandoned(self, run: Run) -> None:
        if run.status != QUEUED:
            return
        last, (_, starting) = self._places.get(run.key), run.place
        # It did not wait when it was shown last, or for another reason: whoever takes it has as
        # long as the first time.
        if last and (last == AT_WORK or (last[1] and not starting)):
            self._awaited[run.key] = _deadline()
        longer_s = START_TIMEOUT_S - RUN_TIMEOUT_S if starting else 0
        overdue = self._awaited[run.key] + longer_s < time.monotonic()
        if overdue and run.is_abandoned(RUN_TIMEOUT_S):
            run.finish(RUN_LOST)

    def _has_moved(self, run: Run) -> bool:
        is_behind = self.output.is_behind(run_id(run.key), (run.fence, run.printed_seq))
        prints = run.origin == Run.Origin.STUDENT and run.status == RUNNING
        return self._places.get(run.key, AT_WORK) != run.place or (prints and is_behind)

    def _changed(self, run: Run) -> Change | None:
        """The change that a run brings; None for a prediction's that is on."""
        change = self._change(run)
        if isinstance(change, RunUpdated):
            self.output.note(change.view)
        if isinstance(change, RunUpdated | AttemptUpdated):
            self._places[run.key] = (change.view.position, change.view.starting)
        else:
            self._places[run.key] = run.place
        if not run.finished and run.origin == Run.Origin.STUDENT:
            # Another page's is looked after too: that page may be lost.
            self._awaited.setdefault(run.key, _deadline())
        if run.finished:
            self._awaited.pop(run.key, None)
            self._places.pop(run.key, None)
            if span := self._spans.pop(run.key, None):
                span.end(attributes={"tutor.run.status": run.status})
        return change

    def _change(self, run: Run) -> Change | None:
        if run.origin == Run.Origin.CHECK:
            attempt = self._workbook.record_result(run)
            assert attempt, run_id(run.key)
            return AttemptUpdated(attempt)
        if is_prediction_run(run_id(run.key)):
            compared = self._moves.record_prediction(run) if run.finished else None
            return Refresh() if compared else None
        return self._tutors(run) if run.origin == Run.Origin.TUTOR else RunUpdated(run_view(run))

    def _tutors(self, run: Run) -> Change | None:
        """The change of a run of the tutor's; None while its output is being judged."""
        if _output(run) == StepRun.SHOWN:
            self._open.add(run_id(run.key))
        if run.key in self._judging:
            return None
        if run.finished and run.key in self._unjudged:
            self._unjudged.discard(run.key)
            self._judging.add(run.key)
            return OutputEnded(run.key, Said(Channel.OUTPUT, output_of(run)))
        return RunUpdated(run_view(run))


def _output(run: Run) -> str:
    """Whether pages may see what a run of the tutor's has printed."""
    in_step = getattr(run, "in_step", None)  # runs of an earlier release have none
    return in_step.output if in_step else StepRun.SHOWN


def _deadline() -> float:
    return time.monotonic() + RUN_TIMEOUT_S
