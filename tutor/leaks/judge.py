"""Judges texts of the tutor's by the programs that can be made of them. Pure: others run them."""

import re
from typing import Final

from courses.facts import CodeStep
from courses.grading import grade_step
from tutor.leaks.judgement import Judgement, Judging, ProgramRun, Verdict
from tutor.leaks.said import Said
from tutor.leaks.situation import Situation

_FENCE: Final = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


class Judge:
    """Judges what is said in one situation; remembers what the student's programs do."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation

    def needs_runs(self, said: Said) -> bool:
        """Whether programs must be run to judge `said`; False: `judge` asks for none."""
        return bool(_FENCE.search(said.text))

    def prepare(self) -> Judging:
        """Find out what the student's programs do, before anything is said."""
        yield [ProgramRun(one, (), 0.0) for one in self.situation.programs[:0]]
        return Judgement(Verdict.OK)

    def judge(self, said: Said) -> Judging:
        """Judge a text: a reply as far as it has come, or another one whole."""
        step = self.situation.step
        assert isinstance(step, CodeStep)
        for number, found in enumerate(_FENCE.finditer(said.text), 1):
            program = found[1]
            [observed] = yield [ProgramRun(program, step.cases, 2.0)]
            if grade_step(step, program, observed, language=self.situation.language).passed:
                return Judgement(Verdict.LEAK, "whole", program, programs=number)
        return Judgement(Verdict.OK)

    def closed(self, said: Said) -> Judgement:
        """Judge without a sandbox: code of the author's solution leaks, all else does not."""
        del said
        return Judgement(Verdict.OK)
