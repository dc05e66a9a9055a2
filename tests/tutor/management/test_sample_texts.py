"""The texts of the sample courses: none but a last hint solves its step."""

import pytest

from courses.text_checks import texts_of
from tests.conftest import sample
from tests.tutor.management.inprocess import SeriesHere
from tutor.management.text_judging import judge_texts


@pytest.mark.parametrize("name", ["first-steps", "python-foundations", "javascript-first-steps"])
def test_no_text_of_a_sample_course_solves_its_step(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    SeriesHere(monkeypatch)
    course = sample(name)
    checks = texts_of(course)
    assert len(checks) >= 18
    found = judge_texts(checks, course.language, 1, lambda done, of: None)
    assert [said for one in found.outcomes for said in one.complaints] == []
