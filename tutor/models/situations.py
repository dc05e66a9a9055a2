"""What a text of the tutor's is judged against, read from the rows with a few bounded queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import OuterRef, Subquery

from courses import observation
from courses.facts import CodeStep, PredictStep
from courses.text import cut
from sandbox.files import PNG
from sandbox.models import Run
from tutor.leaks.said import Channel, Said
from tutor.leaks.situation import Situation
from tutor.method import prompts
from tutor.method.pasted import pasted_program
from tutor.method.predictions import outcome
from tutor.method.program_hash import program_hash
from tutor.method.tools import parse_call
from tutor.models.attempts import Attempt
from tutor.models.conversation import run_id
from tutor.models.predictions import StepRun
from tutor.models.turns import Item, student_text, tutor_text
from tutor.protocol.calls import PredictionCall, RunCall, StoredCall, run_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from courses.steps import Step
    from tutor.models.conversation import Conversation
    from tutor.models.predictions import HintGiven
    from tutor.models.programs import Work

# Of a step so many programs may be mended, and so many other steps are looked after.
MAX_PROGRAMS: Final = 4
MAX_ASIDE: Final = 3
# Of what was said in a step the newest texts count, as many as this, and together as long.
MAX_TEXTS: Final = 50
MAX_CHARS: Final = 60_000
# Of each kind of row so many are read, the newest.
MAX_ITEMS: Final = 400
MAX_RUNS: Final = 50


def situations(conversation: Conversation) -> list[Situation]:
    """The steps that a text of the tutor's must not solve now.

    First those that the student is at: of the last message, and of messages that wait, which the
    model may be told in the middle of an answer. Then others that are not passed either, `aside`.
    """
    rows = _read(conversation)
    found = [rows.situation(step) for name in rows.at if (step := rows.unsolved.get(name))]
    return found + [rows.aside(step) for step in rows.others()]


def keeps_something(step: Step) -> bool:
    """Whether a step has something to keep from a student who has not passed it."""
    return isinstance(step, PredictStep) or (isinstance(step, CodeStep) and not step.share_solution)


def output_of(run: Run) -> str:
    """What a page would show of the end of a run: its output, values, and texts in its files."""
    texts = [_printed(run)]
    for file in run.left.all():
        # A picture that was checked is no text, whatever its bytes may look like.
        text = "" if file.kind == PNG else bytes(file.data).decode(errors="ignore")
        texts += [file.name, text]
    return "\n".join(texts)


@dataclass(frozen=True)
class _Rows:
    """What was read: `at` are the names of the steps that the student is at, the first one first.

    `unsolved` are the steps that have something to keep. Texts are by step, oldest first.
    """

    conversation: Conversation
    at: tuple[str, ...]
    unsolved: dict[str, CodeStep | PredictStep]
    works: dict[str, Work]
    # The student's program as the model knows it, in the first step; None without one.
    told: str | None
    messages: dict[str, list[str]]
    shown: dict[str, list[Said]]
    hints: dict[str, list[HintGiven]]

    def situation(self, step: CodeStep | PredictStep) -> Situation:
        """Of a step that the student is at."""
        hints = self.hints.get(step.id, [])
        return self._situation(
            step,
            programs=self._programs(step),
            known=[*_given(hints), *self.messages.get(step.id, [])],
            earlier=self.shown.get(step.id, []),
        )

    def aside(self, step: CodeStep) -> Situation:
        """Of another step."""
        work = self.works.get(step.id)
        programs = [work.code if work else step.starter, step.starter]
        messages = [text for name in self.at for text in self.messages.get(name, [])]
        return self._situation(step, programs, messages, [], aside=True)

    def others(self) -> list[CodeStep]:
        """The other steps with something to program, the nearest first."""
        names = [step.id for step in self.conversation.lesson.source().steps]
        here = names.index(self.at[0])
        steps = [
            step
            for step in self.unsolved.values()
            if isinstance(step, CodeStep) and step.id not in self.at
        ]
        steps.sort(key=lambda step: abs(names.index(step.id) - here))
        return steps[:MAX_ASIDE]

    def _situation(
        self,
        step: CodeStep | PredictStep,
        programs: Sequence[str],
        known: Sequence[str],
        earlier: Sequence[Said],
        *,
        aside: bool = False,
    ) -> Situation:
        work = self.works.get(step.id)
        files = {file.path: file.text for file in step.files} | (work.files if work else {})
        language = self.conversation.lesson.course.language
        # The judge reads the first of it only: last the files, which may be long.
        texts = [*_task(step), *_newest(known), *files.values()]
        return Situation(
            step=step,
            language=language,
            programs=_different(programs, language),
            known=tuple(text for text in texts if text),
            earlier=tuple(earlier),
            files=tuple(files.items()),
            aside=aside,
        )

    def _programs(self, step: CodeStep | PredictStep) -> list[str]:
        """Those that may be mended: of the editor, as it was told, tried, pasted, and begun."""
        if isinstance(step, PredictStep):
            return [step.program]
        work = self.works.get(step.id)
        programs = [work.code if work else step.starter]
        if step.id == self.at[0] and self.told is not None:
            programs.append(self.told)
        tried = (getattr(work, "last_answer", None) or {}).get("code")
        programs += [tried] if tried else []
        language = self.conversation.lesson.course.language
        if len(_different([programs[0], step.starter], language)) == 1:
            programs += self._pasted(step, language)
        return [*programs, step.starter]

    def _pasted(self, step: CodeStep, language: str) -> list[str]:
        """The last program in a message; one that holds the editor's is none of its own."""
        messages = reversed(self.messages.get(step.id, []))
        found = (program for text in messages if (program := pasted_program(text, language)))
        return [program] if (program := next(found, None)) else []


# Read --------------------------------------------------------------------------------------------


def _read(conversation: Conversation) -> _Rows:
    lesson = conversation.lesson.source()
    step, told = _last_message(conversation)
    waiting = list(conversation.waiting.values_list("step", "payload"))
    named = [step or conversation.step, *(name for name, _ in waiting)]
    known = {one.id for one in lesson.steps}
    at = tuple(dict.fromkeys(name for name in named if name in known)) or (lesson.steps[0].id,)
    works = _works(conversation)
    shown = _Shown(at, _runs(conversation, at))
    for item in _items(conversation, at):
        shown.add(item)
    for name, payload in waiting:
        shown.messages.setdefault(name, []).append(student_text(payload))
    hints = _hints(conversation, at)
    return _Rows(
        conversation=conversation,
        at=at,
        unsolved={
            one.id: one
            for one in lesson.steps
            if isinstance(one, CodeStep | PredictStep)
            and keeps_something(one)
            and not (one.id in works and works[one.id].done_at)
        },
        works=works,
        told=None if told is None else prompts.code_of(told),
        messages=shown.messages,
        shown={one.id: shown.said(one, hints.get(one.id, [])) for one in lesson.steps},
        hints=hints,
    )


def _last_message(conversation: Conversation) -> tuple[str, str | None]:
    """The step of the last message that is an item, and the program that the model knows then."""
    brought = Item.objects.filter(conversation=OuterRef("conversation")).exclude(program=None)
    told = Subquery(brought.order_by("-number").values("program")[:1])
    said = conversation.items.exclude(client_id="").order_by("-number")
    return said.annotate(told=told).values_list("step", "told").first() or ("", None)


def _works(conversation: Conversation) -> dict[str, Work]:
    """The work in each step, with the answer of the last attempt at a program as `last_answer`."""
    tried = Attempt.objects.filter(conversation=OuterRef("conversation"), step=OuterRef("step"))
    last = Subquery(tried.exclude(code_hash="").order_by("-pk").values("answer")[:1])
    return {work.step: work for work in conversation.works.annotate(last_answer=last)}


def _items(conversation: Conversation, at: Sequence[str]) -> list[Item]:
    """What was said in turns about these steps, oldest first."""
    turns = conversation.items.filter(step__in=at).exclude(client_id="").values("turn")
    said = conversation.items.filter(
        turn__in=turns,
        compacts_up_to=None,
        withheld=False,
        payload__type__in=["message", "function_call"],
    )
    return list(said.order_by("-number")[:MAX_ITEMS])[::-1]


def _runs(conversation: Conversation, at: Sequence[str]) -> list[StepRun]:
    """The tutor's runs in these steps, oldest first."""
    runs = conversation.step_runs.filter(step__in=at, run__origin=Run.Origin.TUTOR)
    return list(runs.select_related("run").order_by("-pk")[:MAX_RUNS])[::-1]


def _hints(conversation: Conversation, at: Sequence[str]) -> dict[str, list[HintGiven]]:
    """The author's hints that were given in these steps."""
    given: dict[str, list[HintGiven]] = {}
    for hint in conversation.hints.filter(step__in=at).exclude(text="").order_by("number"):
        given.setdefault(hint.step, []).append(hint)
    return given


class _Shown:
    """What was said in each step, by the number of its item. Items come oldest first."""

    def __init__(self, at: Sequence[str], runs: Iterable[StepRun]) -> None:
        self._first = at[0]
        # The student's messages, by step.
        self.messages: dict[str, list[str]] = {}
        # What the tutor has shown: by step, with the number of the item.
        self._said: dict[str, list[tuple[int, Said]]] = {}
        # The step of the last message in each turn, by the turn's key.
        self._steps: dict[int, str] = {}
        # The runs that calls have asked for, by name.
        self._runs = {run_id(one.run.key): one for one in runs}

    def add(self, item: Item) -> None:
        """Go on with an item."""
        match item.kind:
            case "student":
                self._steps[item.turn_id] = item.step
                self.messages.setdefault(item.step, []).append(student_text(item.payload))
            case "tutor":
                self._tell(item, Said(Channel.REPLY, tutor_text(item.payload)))
            case "function_call":
                self._tell(item, *self._called(item))

    def _tell(self, item: Item, *said: Said) -> None:
        # Of a turn whose messages are too old to be read, the present step is assumed.
        step = self._steps.get(item.turn_id, self._first)
        self._said.setdefault(step, []).extend((item.number, one) for one in said if one.text)

    def _called(self, item: Item) -> list[Said]:
        """What a call of the tutor's shows; of one that was not run nothing is seen."""
        match parse_call(StoredCall(item.number, item.payload)):
            case RunCall(number, code=code, calls=calls) if run_name(number) in self._runs:
                called = [Said(Channel.CALL, call) for call in calls]
                return [Said(Channel.CODE, code), *called, *self._output(run_name(number))]
            case PredictionCall(call=call, question=question):
                return [Said(Channel.CALL, call), Said(Channel.REPLY, question)]
        return []

    def _output(self, name: str) -> list[Said]:
        one = self._runs[name]
        is_seen = one.output == StepRun.SHOWN and one.run.finished
        return [Said(Channel.OUTPUT, _printed(one.run))] if is_seen else []

    def said(self, step: Step, hints: Iterable[HintGiven]) -> list[Said]:
        """All that the tutor has shown in a step, the newest of it, oldest first.

        Of the author's hints without the last of a ladder: that may say everything.
        """
        told = [
            (hint.number, Said(Channel.REPLY, hint.text))
            for hint in hints
            if isinstance(step, CodeStep) and hint.level < step.last_level(hint.ladder)
        ]
        said = sorted([*self._said.get(step.id, []), *told], key=lambda one: one[0])
        texts = _newest([one.text for _, one in said])
        newest = said[len(said) - len(texts) :]
        return [Said(one.channel, text) for (_, one), text in zip(newest, texts, strict=True)]


# Texts -------------------------------------------------------------------------------------------


def _task(step: CodeStep | PredictStep) -> list[str]:
    """What the page tells everybody of a step, and what the tutor may tell of its cases."""
    cases = [case.for_tutor() for case in step.visible] if isinstance(step, CodeStep) else []
    told = (
        text
        for case in cases
        for text in (case.call, case.stdin, case.expect, case.stdout, case.raises)
    )
    return [step.title, step.prompt, step.stdin, *(text for text in told if text is not None)]


def _given(hints: Iterable[HintGiven]) -> list[str]:
    return [hint.text for hint in hints]


def _printed(run: Run) -> str:
    """What a run has printed, and the values of its calls."""
    texts = [run.stdout, run.stderr]
    for case, raw in zip(run.cases, run.observations, strict=False):
        if (seen := observation.parse(raw)) is not None:
            texts += [outcome(case.get("call", ""), seen), seen.stdout]
    return "\n".join(text for text in texts if text)


def _different(programs: Iterable[str], language: str) -> tuple[str, ...]:
    """The programs, each once."""
    found: dict[str, str] = {}
    for program in programs:
        found.setdefault(program_hash(program, {}, language), program)
    return tuple(found.values())[:MAX_PROGRAMS]


def _newest(texts: Sequence[str]) -> list[str]:
    """The newest of the texts, oldest first, as many and as long as may count."""
    kept: list[str] = []
    room = MAX_CHARS
    for text in reversed(texts[-MAX_TEXTS:]):
        if room <= 0:
            break
        kept.append(cut(text, room))
        room -= len(text)
    return kept[::-1]
