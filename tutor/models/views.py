"""Frames of the browser's protocol that show rows. No other module here builds one of a row."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from courses import observation
from sandbox.constants import QUEUED, RUNNING
from tutor.method.help import Help
from tutor.method.predictions import outcome
from tutor.method.tools import MAX_PRINTED_CHARS, asked_run, offer_of, parse_call
from tutor.models.attempts import Attempt
from tutor.models.conversation import run_id
from tutor.models.predictions import HintGiven, Prediction, StepRun
from tutor.models.programs import starter
from tutor.models.turns import student_text, tutor_text
from tutor.protocol import frames
from tutor.protocol.calls import RunCall, StoredCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from courses.steps import Step
    from sandbox.models import Run
    from tutor.models.program_history import Sources
    from tutor.models.programs import KeptVersion, Work
    from tutor.models.turns import Item, Turn, Waiting
    from tutor.turn.program_history import Source

# Shown of a call that has no run and will have none.
NOT_RUN = "This program was not run: the tutor's turn ended without it."
# Shown of an expression whose run is over without it.
NOT_SEEN = "was not run"
# Shown of a run of the tutor's in place of what it has printed: until that was judged, and where it
# is not shown; of an expression then.
UNJUDGED = "Its output is looked at first."
WITHHELD = "What it printed is not shown: it would solve the step."
NOT_SHOWN = "is not shown"


# The dialogue


def turn_view(turn: Turn) -> frames.TurnChanged:
    """A turn as a page that does not run it can tell it."""
    state = "thinking" if turn.is_running else turn.state
    return frames.TurnChanged.model_validate(
        {"number": turn.number, "state": state, "message": turn.message}
    )


def waiting_view(message: Waiting) -> frames.WaitingMessage:
    """A message that waits."""
    return frames.WaitingMessage(id=message.client_id, text=student_text(message.payload))


def item_view(
    item: Item,
    run: Run | None = None,
    move: Prediction | HintGiven | None = None,
    *,
    is_stale: bool = False,
) -> frames.ItemView | None:
    """An item, or None if a page does not show it, as one that is withheld.

    `run`: that of a call. `move`: the row of what an output, or an item with facts, tells of;
    `is_stale` if that is about another program than the step's by now.
    """
    if item.withheld:
        return None
    place = {"number": item.number, "turn": item.turn.number}
    match item.kind:
        case "student":
            return frames.StudentItem(id=item.client_id, text=student_text(item.payload), **place)
        case "tutor":
            text = tutor_text(item.payload)
            return frames.TutorItem(text=text, interrupted=item.interrupted, **place)
        case "function_call":
            shown = run_view(run) if run else _requested_run(item)
            return frames.RunItem(run=shown, **place) if shown else None
        case "function_call_output" | "facts":
            return _move_view(item, move, is_stale=is_stale)
        case _:
            return None


def _move_view(
    item: Item, move: Prediction | HintGiven | None, *, is_stale: bool
) -> frames.ItemView | None:
    place = {"number": item.number, "turn": item.turn.number}
    match move:
        case Prediction():
            view = prediction_view(move, is_stale=is_stale)
            return frames.PredictionItem(prediction=view, **place)
        case HintGiven():
            return frames.HintItem(
                step=move.step,
                level=move.level,
                text=move.text,
                asked=bool(move.client_id),
                stale=is_stale,
                **place,
            )
    offered = offer_of(item.payload)
    return frames.OfferItem(step=offered.step, what=offered.what, **place) if offered else None


def prediction_view(asked: Prediction, *, is_stale: bool) -> frames.PredictionView:
    """A prediction; `is_stale` if the step's program is another one by now."""
    pending = "open" if asked.is_open else "comparing"
    return frames.PredictionView.model_validate(
        {
            "number": asked.number,
            "step": asked.step,
            "call": asked.call,
            "question": asked.question,
            "state": asked.verdict or pending,
            "said": asked.answer or "",
            "gave": asked.gave,
            "stale": is_stale,
            "message": asked.message,
        }
    )


def _requested_run(item: Item) -> frames.RunView | None:
    """The run that a call asks for, while it has no row; None if it asks for none."""
    call = parse_call(StoredCall(item.number, item.payload))
    if not isinstance(call, RunCall):
        return None
    return asked_run(call, "" if item.turn.is_running else NOT_RUN)


def run_view(run: Run) -> frames.RunView:
    """A run, under the name that the conversation gave it.

    Of one of the tutor's whose output may not be seen nothing that it has made is in it.
    """
    # Runs of an earlier release have none.
    in_step = getattr(run, "in_step", None)
    own = in_step is not None and in_step.own
    output = StepRun.SHOWN if in_step is None else in_step.output
    is_seen = output == StepRun.SHOWN
    notes = [{StepRun.UNJUDGED: UNJUDGED, StepRun.WITHHELD: WITHHELD}.get(output, ""), run.message]
    pieces = run.pieces() if is_seen else []
    return frames.RunView.model_validate(
        {
            "id": run_id(run.key),
            "by": run.origin,
            "code": in_step.added if in_step is not None and own else run.code,
            # With its worker it may wait still.
            "state": QUEUED if run.is_starting else run.status,
            "step": in_step.step if in_step is not None else "",
            "own": own,
            "calls": tuple(_calls(run) if is_seen else _hidden_calls(run, output)),
            "position": run.position(),
            "starting": run.awaits_start(),
            "interactive": run.interactive,
            "input_ended": run.input_ended,
            "begun": run.fence - run.is_starting,
            "seq": run.printed_seq if is_seen and run.status == RUNNING else 0,
            "exit_code": run.exit_code if is_seen else None,
            "output": [{"stream": stream, "text": text} for stream, text in pieces],
            "files": tuple(_files(run) if is_seen else ()),
            "duration_ms": run.duration_ms or 0,
            "peak_memory_kb": run.peak_memory_kb,
            "message": " ".join(note for note in notes if note) if run.finished else run.message,
        }
    )


def _files(run: Run) -> Iterator[frames.FileView]:
    for file in run.left.all() if run.finished else ():
        yield frames.FileView(
            name=file.name,
            kind=file.kind,
            bytes=file.size,
            url=reverse("run-file", args=[run.pk, file.pk]),
            skipped=file.skipped,
        )


def _hidden_calls(run: Run, output: str) -> Iterator[frames.CallView]:
    outcome = NOT_SHOWN if output == StepRun.WITHHELD else ""
    return (frames.CallView(call=case.get("call", ""), outcome=outcome) for case in run.cases)


def _calls(run: Run) -> Iterator[frames.CallView]:
    """The expressions that were evaluated beside a program, with what came of them if it is known.

    There is one observation for each, or none at all.
    """
    for place, case in enumerate(run.cases):
        call = case.get("call", "")
        raw = run.observations[place] if place < len(run.observations) else None
        seen = observation.parse(raw)
        if seen is None:
            yield frames.CallView(call=call, outcome=NOT_SEEN if run.finished else "")
            continue
        printed = seen.stdout[:MAX_PRINTED_CHARS]
        yield frames.CallView(call=call, outcome=outcome(call, seen), printed=printed)


# The steps


def attempt_view(attempt: Attempt) -> frames.AttemptView:
    """An attempt: of a pending one where its run is, else the stored feedback."""
    if attempt.state != Attempt.PENDING:
        return frames.AttemptView.model_validate(
            {
                "id": attempt.client_id,
                "step": attempt.step,
                "state": attempt.state,
                "number": attempt.number,
                "passed": attempt.passed,
                "helped": Help.from_json(attempt.help).is_help,
                **asdict(attempt.facts),
            }
        )
    run = attempt.run
    running = run is not None and run.status == RUNNING and not run.is_starting
    return frames.AttemptView(
        id=attempt.client_id,
        step=attempt.step,
        state="running" if running else "queued",
        position=run.position() if run else 0,
        starting=run is not None and run.awaits_start(),
    )


def program_view(
    step: Step, work: Work | None, versions: Iterable[KeptVersion], sources: Sources
) -> frames.ProgramChanged:
    """The program of a step, and the versions beside it."""
    return frames.ProgramChanged(step=step.id, **_program(step, work, versions, sources))


def step_view(
    step: Step,
    work: Work | None,
    versions: Iterable[KeptVersion],
    sources: Sources,
    last: Attempt | None,
) -> frames.StepView:
    """The student's work in a step; `versions` may be those of all steps."""
    return frames.StepView(
        id=step.id,
        **_program(step, work, versions, sources),
        state=work.state if work else "new",
        attempts=work.attempts if work else 0,
        last=attempt_view(last) if last else None,
    )


def _program(
    step: Step, work: Work | None, versions: Iterable[KeptVersion], sources: Sources
) -> dict[str, Any]:
    return {
        "revision": work.revision if work else 0,
        "code": work.code if work else starter(step),
        "files": work.files if work else {},
        "versions": tuple(
            _version(kept, sources.get((step.id, kept.number)))
            for kept in versions
            if kept.step == step.id
        ),
    }


def _version(kept: KeptVersion, source: Source | None) -> frames.VersionView:
    return frames.VersionView(
        id=kept.number,
        written_at=kept.written_at.isoformat(),
        code=kept.code,
        files=kept.files,
        **asdict(source) if source else {},
    )
