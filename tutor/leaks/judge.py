"""Judges texts of the tutor's by the programs that can be made of them. Pure: others run them."""

from collections.abc import Sequence
from dataclasses import replace

from courses.facts import CodeStep
from courses.languages import language_of
from tutor.leaks.bases import bases
from tutor.leaks.closed import closed
from tutor.leaks.judgement import Judgement, Judging, Verdict
from tutor.leaks.own import own_of
from tutor.leaks.own_runs import CutOff, OwnRuns
from tutor.leaks.predicted import gives_output
from tutor.leaks.said import Said
from tutor.leaks.situation import Situation
from tutor.leaks.told import told
from tutor.leaks.trials import Trials

_SHOWN = (Verdict.OK, Verdict.PARTIAL)


class Judge:
    """Judges what is said in one situation; remembers what the programs do that it has had run.

    1. The student's own program on all cases. If it passes, nothing is a leak.
    2. Every candidate on the case that the student's program fails first, the likeliest first.
    3. Those that mend it on all cases, together with their control: what passes them all although
       its control does not is a leak; what mends a part is a partial mend.
    4. A text with more new code than is tried also as without a sandbox, strictly.
    """

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        step = situation.step
        is_parsed = language_of(situation.language).syntax is not None
        # The candidates' way through the cases; None where programs are not to be run.
        self._trials = (
            _trials(step, situation) if isinstance(step, CodeStep) and is_parsed else None
        )

    def needs_runs(self, said: Said, before: Sequence[Said] = ()) -> bool:
        """Whether programs must be run to judge `said`: False where nothing can be made of it, and
        where the student's own program is known to pass."""
        if self._trials is None or self._trials.own.passes:
            return False
        return next(self._trials.candidates(said, before), None) is not None or self._has_more(said)

    def prepare(self) -> Judging:
        """Find out what the student's programs do, before anything is said."""
        try:
            if self._trials is not None:
                yield from self._trials.own.find_out()
        except CutOff:
            return Judgement(Verdict.UNSURE)
        return Judgement(Verdict.OK)

    def judge(self, said: Said, before: Sequence[Said] = ()) -> Judging:
        """Judge a text: a reply as far as it has come, or another one whole. `before` was shown
        besides what the situation knows of.
        """
        if self._trials is None:
            return self.closed(said)
        if not self.needs_runs(said, before):
            return Judgement(Verdict.OK)
        judgement = yield from self._trials.judge(said, before)
        if judgement.verdict in _SHOWN and not self._trials.own.passes and self._has_more(said):
            found = self.closed(said, strict=True)
            if found.verdict is Verdict.LEAK:
                return replace(judgement, verdict=found.verdict, way=found.way, mended=found.mended)
        return judgement

    def _has_more(self, said: Said) -> bool:
        """Whether there is more new code in a text than was tried."""
        return bool(told(said, own_of(self.situation)).beyond)

    def closed(self, said: Said, *, strict: bool = False) -> Judgement:
        """Judge without a sandbox: code of the author's solution leaks, all else does not.

        `strict`, where not everything was tried, or not in time: any new code that is no short
        span leaks too, unless it is in a language that is never run.
        """
        step = self.situation.step
        if isinstance(step, CodeStep):
            strict = strict and self._trials is not None
            return closed(step, self.situation, said, strict=strict)
        given = gives_output(step, said, self.situation.known)
        return Judgement(Verdict.LEAK, "output") if given else Judgement(Verdict.OK)


def _trials(step: CodeStep, situation: Situation) -> Trials:
    return Trials(
        step, situation, OwnRuns(step, situation.language, bases(step, situation.programs))
    )
