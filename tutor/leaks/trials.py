"""The way of candidates through the cases of a step: which of them mend the program. Pure."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from courses import rules
from courses.audience import Rule
from courses.facts import CodeStep
from courses.grading import grade_cases
from courses.languages import language_of
from tutor.leaks.candidates import Candidate, candidates
from tutor.leaks.control import control
from tutor.leaks.judgement import Judgement, Observed, ProgramRun, Verdict
from tutor.leaks.own_runs import (
    CutOff,
    OwnRun,
    OwnRuns,
    complete,
)
from tutor.leaks.program import Program, syntax_tree
from tutor.leaks.said import Said
from tutor.leaks.situation import Situation

# Candidates that are run at a time. The likeliest come first, so that most leaks are found in the
# first batch; good texts rarely have more, and each batch is a way to the sandbox and back.
_BATCH: Final = 40
# Of a program that does not end: each may take its time.
_ENDLESS_BATCH: Final = 4
# Of those that mend the first failing case, so many at a time on all cases.
_SURVIVORS: Final = 3
# Partial mends of a turn that are mended further.
_MOST_PARTIAL: Final = 3

_Asking = Generator[Sequence[ProgramRun], Observed, Judgement]
# For each program whether it has passed each of the cases that were asked.
_Passing = Generator[Sequence[ProgramRun], Observed, list[list[bool]]]


@dataclass(frozen=True)
class _Try:
    """A candidate, and the program of the student's that it was made of."""

    candidate: Candidate
    own: OwnRun


@dataclass
class Trials:
    """Tries candidates; remembers those that are no leak, and partial mends, for a whole turn."""

    step: CodeStep
    situation: Situation
    own: OwnRuns
    # Keys of candidates that were tried before.
    _tried: set[str] = field(default_factory=set)
    _partial: list[OwnRun] = field(default_factory=list)
    # Of the text that is judged.
    _programs: int = 0
    _case_runs: int = 0

    def candidates(self, said: Said, before: Sequence[Said] = ()) -> Iterator[Candidate]:
        """The candidates that were not tried, those made of partial mends last."""
        programs = (*self.own.programs, *(one.program for one in self._partial))
        now = replace(self.situation, earlier=(*self.situation.earlier, *before))
        return candidates(now, said, programs, self._tried)

    def judge(self, said: Said, before: Sequence[Said] = ()) -> _Asking:
        """Judge a text by the programs that can be made of it, and of it and what was shown."""
        self._programs = self._case_runs = 0
        try:
            yield from self.own.find_out()
            if self.own.passes or not self.own.runs:
                return self._judgement(Verdict.OK)
            return (yield from self._search(said, before))
        except CutOff:
            return self._judgement(Verdict.UNSURE)

    def _search(self, said: Said, before: Sequence[Said]) -> _Asking:
        partial: _Try | None = None
        size = _ENDLESS_BATCH if self.own.runs[0].slow else _BATCH
        for batch in _in_batches(self._tries(said, before), size):
            mending = yield from self._mending(batch)
            partial = partial or next((one for one in batch if _mends_parse(one)), None)
            for some in _cut(mending, _SURVIVORS):
                leak, part = yield from self._on_all_cases(some)
                if leak is not None:
                    return self._judgement(Verdict.LEAK, leak)
                partial = part or partial
            self._tried.update(one.candidate.key for one in batch)
        if partial is None:
            return self._judgement(Verdict.OK)
        self._remember(partial)
        return self._judgement(Verdict.PARTIAL, partial)

    def _tries(self, said: Said, before: Sequence[Said]) -> Iterator[_Try]:
        """The candidates that break no rule which the student's program keeps."""
        owns = [*self.own.runs, *self._partial]
        for one in self.candidates(said, before):
            own = owns[one.base]
            broken, own_broken = self._broken(one.program), set(own.broken)
            if not own.passes and (broken <= own_broken if own.failing else broken < own_broken):
                yield _Try(one, own)

    def _mending(
        self, batch: Sequence[_Try]
    ) -> Generator[Sequence[ProgramRun], Observed, list[_Try]]:
        """Those that pass the first case that the student's program fails."""
        asked = [(one.candidate.program, one.own.failing[:1], one.own) for one in batch]
        passed = yield from self._pass(asked)
        return [one for one, each in zip(batch, passed, strict=True) if all(each)]

    def _on_all_cases(
        self, tries: Sequence[_Try]
    ) -> Generator[Sequence[ProgramRun], Observed, tuple[_Try | None, _Try | None]]:
        """The first that is a leak, and else the first that mends a part."""
        every = range(len(self.step.cases))
        controls = [control(one.candidate.program, one.own.program) for one in tries]
        asked = [(one.candidate.program, every, one.own) for one in tries]
        asked += [
            (text, every, one.own)
            for one, text in zip(tries, controls, strict=True)
            if text is not None
        ]
        passed = yield from self._pass(asked, has_mended=True)
        of_controls = iter(passed[len(tries) :])
        part = None
        for one, text, seen in zip(tries, controls, passed, strict=False):
            without = next(of_controls) if text is not None else [False] * len(every)
            if all(seen) and not all(without) and not self._broken(one.candidate.program):
                return one, None
            if part is None and _mends_more(seen, one.own.passed, without):
                part = one
        return None, part

    def _pass(
        self, asked: Sequence[tuple[str, Sequence[int], OwnRun]], *, has_mended: bool = False
    ) -> _Passing:
        cases = [tuple(self.step.cases[n] for n in numbers) for _, numbers, _ in asked]
        runs = [
            ProgramRun(program, some, own.wall_s(self.step, has_mended=has_mended))
            for (program, _, own), some in zip(asked, cases, strict=True)
        ]
        self._programs += len(runs)
        self._case_runs += sum(map(len, cases))
        observed = yield [run for run in runs if run.cases]
        wanted = [some for some in cases if some]
        seen = iter(complete(observed, [len(some) for some in wanted]))
        language = self.situation.language
        return [
            [one.passed for one in grade_cases(some, next(seen), language=language)] if some else []
            for some in cases
        ]

    def _broken(self, program: str) -> set[Rule]:
        language = language_of(self.situation.language)
        return set(rules.broken(self.step.rules, program, language))

    def _remember(self, partial: _Try) -> None:
        """Mend it further, together with what is said later in this turn."""
        text = partial.candidate.program
        known = {one.program.text for one in self._partial}
        if len(self._partial) < _MOST_PARTIAL and text not in known:
            self._partial.append(replace(partial.own, program=Program(text)))

    def _judgement(self, verdict: Verdict, found: _Try | None = None) -> Judgement:
        return Judgement(
            verdict,
            found.candidate.way if found else "",
            found.candidate.program if found else "",
            failing=len(self.own.runs[0].failing) if self.own.runs else 0,
            programs=self._programs,
            case_runs=self._case_runs,
        )


def _in_batches(tries: Iterator[_Try], size: int) -> Iterator[list[_Try]]:
    while batch := list(islice(tries, size)):
        yield batch


def _cut(tries: Sequence[_Try], size: int) -> Iterator[Sequence[_Try]]:
    return (tries[n : n + size] for n in range(0, len(tries), size))


def _mends_more(seen: Sequence[bool], own: Sequence[bool], without: Sequence[bool]) -> bool:
    """True where a case passes that failed, and none fails that passed, and not so without it."""
    gained = [now and not before for now, before in zip(seen, own, strict=True)]
    lost = any(before and not now for now, before in zip(seen, own, strict=True))
    told = any(now and not control for now, control in zip(gained, without, strict=True))
    return told and not lost


def _mends_parse(one: _Try) -> bool:
    """True where a program can be parsed at last, and not by deletion alone."""
    if one.own.program.tree is not None:
        return False
    without = control(one.candidate.program, one.own.program)
    return without is None or syntax_tree(without) is None
