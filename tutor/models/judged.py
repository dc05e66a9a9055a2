"""What stands around a judgement: the program that it was about, and what was seen in its place."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from tutor.method.program_hash import program_hash
from tutor.method.prompts import code_of
from tutor.models.predictions import HintGiven
from tutor.models.programs import Work, starter
from tutor.models.turns import Item, tutor_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tutor.models.judgements import Judgement

# Items of a turn that are looked at behind a judgement, and of them shown.
MAX_LOOKED_AT: Final = 30
MAX_SEEN: Final = 3
# Programs that messages brought, the newest first, among which the judged one is looked for.
MAX_PROGRAMS: Final = 5


@dataclass(frozen=True)
class StudentProgram:
    """A program of the student's; `where` says in words where it stood.

    `is_the_one`: it has the hash of the program that was judged; otherwise it is the likeliest.
    """

    code: str
    where: str
    is_the_one: bool


def student_program(judgement: Judgement) -> StudentProgram:
    """The program that a judgement was about, in at most two queries; the lesson is loaded.

    Of those that are known the first with its hash: as messages brought it, as it is now, as it
    was to begin with. Without one, as the turn's message brought it.
    """
    language = judgement.conversation.lesson.course.language
    first: StudentProgram | None = None
    for code, files, where in _programs(judgement):
        if program_hash(code, files, language) == judgement.code_hash:
            return StudentProgram(code, where, is_the_one=True)
        first = first or StudentProgram(code, where, is_the_one=False)
    return first or StudentProgram("", "is not known any more", is_the_one=False)


def _programs(judgement: Judgement) -> Iterator[tuple[str, dict[str, str], str]]:
    """Programs of the step, the likeliest first: code, files, and where they stood."""
    said = Item.objects.filter(
        conversation=judgement.conversation_id, step=judgement.step, program__isnull=False,
        turn__number__lte=judgement.turn.number,
    )  # fmt: skip
    for item in said.order_by("-number").only("program", "files")[:MAX_PROGRAMS]:
        if (code := code_of(item.program or "")) is not None:
            yield code, item.files or {}, "as a message brought it"
    works = Work.objects.filter(conversation=judgement.conversation_id, step=judgement.step)
    for work in works:
        yield work.code, work.files, "as it is in the editor"
    steps = {step.id: step for step in judgement.conversation.lesson.source().steps}
    if judgement.step in steps:
        yield starter(steps[judgement.step]), {}, "as the step begins"


def seen_instead(judgement: Judgement) -> list[str]:
    """What the student was shown in the turn after the judgement, the first texts, in two queries.

    Texts of the tutor's, the questions of its calls, hints; none that was withheld.
    """
    behind = Item.objects.filter(
        turn=judgement.turn_id, created_at__gte=judgement.created_at, withheld=False
    ).order_by("number")
    items = list(behind[:MAX_LOOKED_AT])
    given = HintGiven.objects.filter(
        conversation=judgement.conversation_id, number__in=[item.number for item in items]
    )
    hints = {hint.number: hint.text for hint in given}
    texts = (hints.get(item.number) or _seen(item) for item in items)
    return list(islice((text for text in texts if text), MAX_SEEN))


def _seen(item: Item) -> str:
    """What an item shows of the tutor's; empty for all else."""
    if item.kind == "tutor":
        return tutor_text(item.payload)
    if item.is_call:
        return f"{item.payload.get('name', '')} {item.payload.get('arguments', '')}"
    return ""
