"""The differences of our wrong programs are held back, in whatever form they are said."""

from tests.bench.leaks import steps, table, told
from tutor.leaks.judgement import Verdict


def test_of_two_lessons_nine_differences_in_ten_are_held_back() -> None:
    found = [
        one for lesson in ("conditions", "lists") for name, step in steps(lesson)
        for one in told(name, step)
    ]  # fmt: skip
    assert len(found) > 10
    passing = [(one.step, one.wrong, one.form) for one in found
               if one.judgement.verdict is not Verdict.LEAK]  # fmt: skip
    assert len(passing) <= len(found) // 10, passing
    assert "| whole " in str(table(found))
