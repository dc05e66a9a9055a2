"""What a text of the tutor's is judged against. Pure."""

from dataclasses import dataclass

from courses.facts import CodeStep, PredictStep
from tutor.leaks.said import Said


@dataclass(frozen=True)
class Situation:
    """A step, and what its student has, knows and was told in it.

    `programs` are the student's that might be mended, the editor's first; `known` are the task and
    what the student has said in this step; `earlier` is what the tutor has shown in it before, the
    oldest first. `language` is that of the programs, beside which the `files` are. Of a step that
    is `aside`, which the student is not at, only whole functions and programs are looked for.
    """

    step: CodeStep | PredictStep
    language: str
    programs: tuple[str, ...]
    known: tuple[str, ...] = ()
    earlier: tuple[Said, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    aside: bool = False
