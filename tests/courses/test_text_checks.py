"""Which of an author's texts are judged, with which programs, and where they stand."""

from courses.problems import Mark
from courses.source import CheckedCourse, check
from courses.text_checks import STARTER, TextCheck, texts_of
from tests.courses.conftest import CourseFiles


def found(files: CourseFiles) -> tuple[CheckedCourse, list[TextCheck]]:
    checked = check(files.path)
    assert checked.course is not None
    return checked, texts_of(checked.course)


def test_all_but_the_last_hint_are_judged_each_at_its_place(files: CourseFiles) -> None:
    checked, texts = found(files)
    first = [one for one in texts if one.lesson == "first"]
    assert [(one.name, one.text) for one in first] == [
        ("hint of level 1", "What is twice three?"),
        ("explain_back", "Why is adding two not enough?"),
        ("belief of adds-two", "Doubling is adding two."),
    ]
    lines = (files.path / "first/lesson.yaml").read_text().split("\n")
    for one in first:
        file, mark = checked.place_of(one.lesson, one.step.id, *one.place)
        assert file == "first/lesson.yaml"
        assert lines[mark.line - 1][mark.column - 1 :].startswith(one.text)


def test_each_ladder_has_a_last_level_of_its_own(files: CourseFiles) -> None:
    files.replace(
        "first/lesson.yaml",
        "      - {level: 2, text: Try it with three.}\n",
        "      - {level: 2, text: Try it with three.}\n"
        "      - {level: 3, text: The end.}\n"
        "      - {level: 1, text: Read the last line., error: TypeError}\n"
        "      - {level: 2, text: Read the last word., error: TypeError}\n",
    )
    _, texts = found(files)
    assert [one.name for one in texts if one.lesson == "first"][:3] == [
        "hint of level 1", "hint of level 2", "hint of level 1 for TypeError",
    ]  # fmt: skip


def test_the_programs_are_the_starter_and_the_wrong_ones_each_once(files: CourseFiles) -> None:
    files.write("first/wrong/same.py", (files.path / "first/starter.py").read_bytes())
    files.replace("first/lesson.yaml", "[wrong/adds.py]", "[wrong/adds.py, wrong/same.py]")
    _, texts = found(files)
    assert texts[0].programs == (
        (STARTER, "def double(n):\n    return n + 2\n"),
        ("wrong/adds.py", "def double(n):\n    return 2 + n\n"),
    )


def test_a_step_that_shares_its_solution_may_say_it(files: CourseFiles) -> None:
    files.replace(
        "first/lesson.yaml",
        "    solution: solution.py\n",
        "    solution: solution.py\n    share_solution: true\n",
    )
    _, texts = found(files)
    assert [one for one in texts if one.lesson == "first"] == []


def test_a_part_that_is_not_in_the_file_has_the_place_of_its_step(files: CourseFiles) -> None:
    checked, _ = found(files)
    assert checked.place_of("first", "double", "variants", 3) == ("first/lesson.yaml", Mark(5, 5))
