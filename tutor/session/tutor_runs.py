"""The run that a call of the tutor's asks for: of which program, beside which files, with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from courses.languages import language_of
from sandbox.cases import case_for
from tutor.method.program_hash import program_hash
from tutor.models import Dialogue, Workbook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from courses.steps import Step
    from tutor.models import Conversation
    from tutor.protocol.calls import RunCall

# For the model, as the output of a call.
NO_PROGRAM: Final = "The student's step has no program: give the whole program in `code`."
NO_VALUES: Final = "A {title} program has no calls to evaluate: let it print what you want to see."
NO_EXPRESSION: Final = "`{call}` is no expression: {why}"


class NotRunnable(Exception):
    """What a call asks for cannot be run. The text is for the model."""


@dataclass(frozen=True)
class WantedRun:
    """A program to run in a step, with the student's files beside it.

    `own`: it is the student's own program, perhaps with `added` behind it.
    """

    step: Step
    code: str
    files: Mapping[str, str]
    code_hash: str
    own: bool
    added: str

    @classmethod
    def of(cls, conversation: Conversation, call: RunCall) -> WantedRun:
        """What a call asks for, in the step that the last message was about.

        The program and the files are those that the messages brought, whatever has been written
        since. Raises NotRunnable.
        """
        language = conversation.lesson.course.language
        _check_calls(call, language)
        dialogue = Dialogue(conversation)
        name, files = dialogue.last_message_step()
        step = Workbook(conversation).step(name)
        files = files or {}
        own = dialogue.told_program()
        if not call.code and own is None:
            raise NotRunnable(NO_PROGRAM)
        code = call.code or own or ""
        code_hash = program_hash(code, files, language)
        is_own, added = False, ""
        if own is not None:
            same = code_hash == program_hash(own, files, language)
            is_own, added = own_part(code, own, same=same)
        return cls(step, code, files, code_hash, is_own, added)

    def options(self, conversation: Conversation, call: RunCall) -> dict[str, Any]:
        """Further arguments of Conversation.request_run: what it reads, or the cases."""
        workbook = Workbook(conversation)
        # If it is given nothing to read, it reads what the student's would.
        stdin = call.stdin or workbook.stdin(self.step.id)
        files = workbook.files_for(self.step.id, self.files)
        if not call.calls:
            return {"files": files, "stdin": stdin}
        limits = workbook.case_limits(self.step, len(call.calls))
        cases = [case_for(one, stdin) for one in call.calls]
        return {"files": files, "cases": cases, "limits": limits}


def own_part(code: str, own: str, *, same: bool) -> tuple[bool, str]:
    """Whether `code` is the student's program, or begins with it, and what stands behind that.

    `same`: both have the same hash.
    """
    if same:
        return True, ""
    text = own.rstrip()
    rest = code.removeprefix(text)
    if not text or rest == code or not rest.startswith("\n"):
        return False, ""
    return True, rest.strip("\n")


def _check_calls(call: RunCall, language: str) -> None:
    """Raises NotRunnable unless all calls are expressions of the language."""
    known = language_of(language)
    if call.calls and known.syntax is None:
        raise NotRunnable(NO_VALUES.format(title=known.title))
    for one in call.calls:
        if known.syntax and (why := known.syntax.expression_fault(one)):
            raise NotRunnable(NO_EXPRESSION.format(call=one, why=why))
