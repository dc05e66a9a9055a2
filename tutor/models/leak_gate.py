"""The leak gate's part of the rows: whether a lesson's texts are judged, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings

from courses.facts import Policy
from sandbox.text import storable
from tutor.leaks.judgement import VERSION, Verdict
from tutor.method.program_hash import program_hash
from tutor.models.judgements import Judgement
from tutor.models.predictions import StepRun
from tutor.models.situations import keeps_something

if TYPE_CHECKING:
    from sandbox.models import Run
    from tutor.leaks import judgement as found
    from tutor.leaks.said import Said
    from tutor.leaks.situation import Situation
    from tutor.models.conversation import Conversation
    from tutor.models.turns import Turn

# Of a text that was judged, its end is kept, with what solves the step; of a program its beginning.
MAX_KEPT_CHARS: Final = 20_000
# The largest number that a small column holds.
MAX_SMALL: Final = 32_767


@dataclass(frozen=True)
class GatePolicy:
    """Whether what the tutor says in a lesson is judged, and whether what leaks is held back."""

    judges: bool
    enforces: bool


def gate_of(conversation: Conversation) -> GatePolicy:
    """What the site, the course and the student's progress say of the gate, now.

    Nothing is judged where the site or the course is open, and where no step is left to keep. What
    the site's setting has by mistake counts as on.
    """
    policy = Policy.from_document(conversation.lesson.course.policy)
    if settings.LEAK_GATE == "off" or policy.support == "open":
        return GatePolicy(judges=False, enforces=False)
    done = set(conversation.works.exclude(done_at=None).values_list("step", flat=True))
    steps = conversation.lesson.source().steps
    judges = any(step.id not in done and keeps_something(step) for step in steps)
    is_noted = "log" in (settings.LEAK_GATE, policy.gate)
    return GatePolicy(judges, enforces=judges and not is_noted)


def record(
    conversation: Conversation,
    turn: Turn,
    said: Said,
    situation: Situation,
    judgement: found.Judgement,
    *,
    ms: int,
    held_back: bool,
) -> Judgement:
    """Store what came of a text. The text is kept only where it does more than nothing."""
    is_kept = judgement.verdict is not Verdict.OK
    return Judgement.objects.create(
        conversation=conversation,
        turn=turn,
        step=situation.step.id,
        channel=said.channel.value,
        verdict=judgement.verdict.value,
        held_back=held_back,
        text=storable(said.text[-MAX_KEPT_CHARS:]) if is_kept else "",
        way=judgement.way[:40] if is_kept else "",
        mended=storable(judgement.mended[:MAX_KEPT_CHARS]) if is_kept else "",
        code_hash=_hash(situation),
        failing=min(judgement.failing, MAX_SMALL),
        programs=min(judgement.programs, MAX_SMALL),
        case_runs=judgement.case_runs,
        ms=ms,
        gate_version=VERSION,
    )


def _hash(situation: Situation) -> str:
    """Of the program, as attempts have it: with the files that the student has changed."""
    theirs = {file.path: file.text for file in situation.step.files}
    changed = {path: text for path, text in situation.files if theirs.get(path) != text}
    program = situation.programs[0] if situation.programs else ""
    return program_hash(program, changed, situation.language)


def record_output(run: Run, *, shown: bool) -> bool:
    """Let pages show what a run of the tutor's has printed, or never; False if that is decided."""
    waits = StepRun.objects.filter(run=run, output=StepRun.UNJUDGED)
    return bool(waits.update(output=StepRun.SHOWN if shown else StepRun.WITHHELD))
