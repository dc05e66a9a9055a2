"""An author's texts held to the leak gate, over programs run in this process."""

from pathlib import Path
from typing import Any

import pytest

from courses.check_runner import CannotRun
from courses.facts import Case
from courses.source import check
from courses.text_checks import texts_of
from tests.courses.conftest import CourseFiles
from tests.tutor.management.inprocess import SeriesHere
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Judgement, ProgramRun, Verdict
from tutor.management import text_judging
from tutor.management.series import NoSandbox, Series
from tutor.management.text_judging import TextsJudged, judge_texts

WHOLE = "Write it so:\n\n```python\ndef double(n):\n    return n * 2\n```\n"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> SeriesHere:
    return SeriesHere(monkeypatch)


def outcomes(path: Path, jobs: int = 2, done: list[Any] | None = None) -> TextsJudged:
    course = check(path).course
    assert course is not None
    told = done if done is not None else []
    return judge_texts(texts_of(course), "python", jobs, lambda *counts: told.append(counts))


def complaints(found: TextsJudged) -> dict[str, tuple[str, ...]]:
    return {
        f"{one.check.lesson}: {one.check.name}": one.complaints
        for one in found.outcomes
        if one.complaints
    }


def text(said: str) -> str:
    """In YAML, as a block below a key in a hint's or step's line."""
    return "|\n" + "".join(f"          {line}\n" for line in said.split("\n"))


def test_questions_are_judged_without_a_container(files: CourseFiles, here: SeriesHere) -> None:
    done: list[tuple[int, int]] = []
    found = outcomes(files.path, done=done)
    assert complaints(found) == {}
    assert here.opened == []
    assert done[-1] == (6, 6)


@pytest.mark.parametrize(
    ("old", "name"),
    [("{level: 1, text: What is twice three?}", "hint of level 1"),
     ("explain_back: Why is adding two not enough?", "explain_back"),
     ("belief: Doubling is adding two.", "belief of adds-two")],
)  # fmt: skip
def test_what_solves_the_step_is_said_with_the_program_and_the_line(
    files: CourseFiles, here: SeriesHere, old: str, name: str
) -> None:
    key = old.partition(":")[0].strip("{")
    if key == "level":
        files.replace("first/lesson.yaml", old, f"level: 1\n        text: {text(WHOLE)}")
    else:
        files.replace("first/lesson.yaml", old, f"{key}: {text(WHOLE)}")
    found = complaints(outcomes(files.path))
    assert list(found) == [f"first: {name}"]
    [said] = found[f"first: {name}"]
    assert said.startswith(
        f"The {name} solves the step: it makes the starter pass every case by `return n * 2`."
    )


def test_the_last_level_may_say_as_much(files: CourseFiles, here: SeriesHere) -> None:
    files.replace(
        "first/lesson.yaml",
        "{level: 2, text: Try it with three.}",
        f"level: 2\n        text: {text(WHOLE)}",
    )
    assert complaints(outcomes(files.path)) == {}


def test_every_wrong_program_is_the_students_too(
    files: CourseFiles, here: SeriesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The starter passes with nothing of it, the wrong program does."""
    seen: list[tuple[str, tuple[str, ...]]] = []

    class Noting(Judge):
        def needs_runs(self, said: Any, before: Any = ()) -> bool:
            seen.append((self.situation.programs[0], self.situation.known))
            return False

    monkeypatch.setattr(text_judging, "Judge", Noting)
    outcomes(files.path)
    ours = {code for code, _ in seen}
    assert {"def double(n):\n    return n + 2\n", "def double(n):\n    return 2 + n\n"} <= ours
    assert {known for _, known in seen} == {()}


def test_what_finds_no_verdict_is_no_success(
    files: CourseFiles, here: SeriesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(Judge):
        def judge(self, said: Any, before: Any = ()) -> Any:
            while True:
                yield [ProgramRun("x = 1\n", (Case("x", "1"),), 0.1)]

    monkeypatch.setattr(text_judging, "Judge", Endless)
    monkeypatch.setattr(text_judging, "TEXT_S", 0.0)
    found = complaints(outcomes(files.path))
    assert found["first: explain_back"] == (
        "The explain_back could not be judged in 0 s with the starter, wrong/adds.py.",
    )


def test_a_language_that_is_not_parsed_is_judged_without_programs(
    script_files: CourseFiles, here: SeriesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed(Judge):
        def judge(self, said: Any, before: Any = ()) -> Any:
            yield from ()
            return Judgement(Verdict.LEAK, "closed")

    monkeypatch.setattr(text_judging, "Judge", Closed)
    found = outcomes(script_files.path)
    assert found.outcomes
    assert all(one.complaints for one in found.outcomes)
    assert here.opened == []


def test_a_sandbox_that_is_not_there_ends_all_of_it(
    files: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_container(self: Any) -> Any:
        raise NoSandbox("There is no engine.")

    monkeypatch.setattr(Series, "_opened", no_container)
    files.replace(
        "first/lesson.yaml",
        "{level: 1, text: What is twice three?}",
        f"level: 1\n        text: {text(WHOLE)}",
    )
    with pytest.raises(CannotRun, match="no engine"):
        outcomes(files.path)
