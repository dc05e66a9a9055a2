"""Course files in, facts or problems out. No database."""

import json
import os
from pathlib import Path

import pytest

from courses.facts import (
    Case,
    CodeStep,
    CourseSource,
    Hint,
    LessonSource,
    Misconception,
    WrongProgram,
)
from courses.problems import Problem
from courses.source import read
from tests.courses import broken
from tests.courses.conftest import CourseFiles

# A million laughs, if somebody unfolded it.
LAUGHS = "id: &a [ha, ha]\n" + "".join(
    f"k{n}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)


def course_in(files: CourseFiles) -> CourseSource:
    """The course, which must be without problems."""
    course = read(files.path)
    assert isinstance(course, CourseSource), course
    return course


def step_in(files: CourseFiles) -> CodeStep:
    """The first step of the first lesson."""
    step = course_in(files).lessons[0].steps[0]
    assert isinstance(step, CodeStep)
    return step


def said_about(files: CourseFiles) -> list[str]:
    """The problems, as people read them."""
    problems = read(files.path)
    assert isinstance(problems, tuple), "the course has no problems"
    return [f"{p.file}:{p.line}:{p.column}: {p.message}" for p in problems]


# Good files ------------------------------------------------------------------------------------


def test_a_course_has_its_lessons_in_the_order_of_the_list(files: CourseFiles) -> None:
    course = course_in(files)
    assert (course.id, course.title, course.language) == ("small", "A small course", "python")
    assert [lesson.id for lesson in course.lessons] == ["first", "second"]


def test_a_step_holds_what_its_files_hold(files: CourseFiles) -> None:
    step = step_in(files)
    assert step.prompt == "Write `double`.\n"
    assert step.starter == "def double(n):\n    return n + 2\n"
    assert step.visible == (Case("double(2)", "4"), Case("double(0)", "0"))
    assert step.hidden == (Case("double(21)", "42"), Case("double(-1)", "-2"))
    assert step.misconceptions == (
        Misconception("adds-two", "Doubling is adding two.", "double(3)"),
    )
    assert step.wrong == (
        WrongProgram("adds-two", "wrong/adds.py", "def double(n):\n    return 2 + n\n"),
    )
    assert step.hints == (Hint("What is twice three?", 1), Hint("Try it with three.", 2))
    assert step.explain_back == "Why is adding two not enough?"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("6", "6"),
        ("1.50", "1.5"),
        ("True", "True"),
        ("true", "True"),
        ("'6'", "6"),
        ("None", "None"),
        ('"[1,2]"', "[1, 2]"),
        ("\"'a'\"", "'a'"),
        ("'\"a\"'", "'a'"),
        ("\"{'b','a'}\"", "{'b', 'a'}"),
        ("-1", "-1"),
        ("1234567890123456789012", "1234567890123456789012"),
    ],
)
def test_an_expected_value_is_kept_as_python_writes_it(
    files: CourseFiles, written: str, expected: str
) -> None:
    files.replace("first/lesson.yaml", "expect: 4}", f"expect: {written}}}")
    assert step_in(files).visible[0].expect == expected


@pytest.mark.parametrize("word", ["no", "on", "1:30", "2026-11-20", "=", "0o17"])
def test_words_that_old_yaml_converts_stay_text(files: CourseFiles, word: str) -> None:
    files.replace("course.yaml", "title: A small course", f"title: {word}")
    assert course_in(files).title == word


def test_the_instructions_can_stand_in_a_file(files: CourseFiles) -> None:
    files.replace("course.yaml", "instructions: Be kind.", "instructions: tutor.md")
    files.write("tutor.md", "Ask before you tell.\n")
    assert course_in(files).instructions == "Ask before you tell.\n"


def test_line_ends_and_byte_order_marks_do_not_make_another_lesson(files: CourseFiles) -> None:
    before = course_in(files).lessons[0].digest()
    for name in ("first/lesson.yaml", "first/starter.py", "first/hidden.yaml", "first/prompt.md"):
        text = (files.path / name).read_text()
        files.write(name, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert course_in(files).lessons[0].digest() == before


def test_another_word_anywhere_makes_another_lesson(files: CourseFiles) -> None:
    digests = {course_in(files).lessons[0].digest()}
    for name, old, new in (
        ("first/lesson.yaml", "Doubling numbers.", "Doubling."),
        ("first/lesson.yaml", "Try it with three.", "Try it with four."),
        ("first/prompt.md", "double", "`double`"),
        ("first/hidden.yaml", "42", "43"),
        ("first/wrong/adds.py", "2 + n", "n + 2"),
        ("first/solution.py", "secret", "answer"),
    ):
        files.replace(name, old, new)
        digests.add(course_in(files).lessons[0].digest())
    assert len(digests) == 7


def test_a_lesson_survives_the_way_through_its_document(files: CourseFiles) -> None:
    for lesson in course_in(files).lessons:
        document = json.loads(json.dumps(lesson.document()))
        assert LessonSource.from_document(document) == lesson
        assert LessonSource.from_document(document).digest() == lesson.digest()


# Broken files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [pytest.param(*row[1:], id=row[0]) for row in broken.SMALL],
)
def test_a_mistake_is_named_at_its_place(
    files: CourseFiles, name: str, old: str | None, new: str | bytes, said: list[str]
) -> None:
    if old is None:
        files.write(name, new)
    else:
        assert isinstance(new, str)
        files.replace(name, old, new)
    assert said_about(files) == said


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [pytest.param(*row[1:], id=row[0]) for row in broken.RICH],
)
def test_a_mistake_in_any_part_of_the_format_is_named_at_its_place(
    rich_files: CourseFiles, name: str, old: str, new: str, said: list[str]
) -> None:
    rich_files.replace(name, old, new)
    assert said_about(rich_files) == said


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [pytest.param(*row[1:], id=row[0]) for row in broken.SCRIPT],
)
def test_a_mistake_in_a_course_in_javascript_is_named_at_its_place(
    script_files: CourseFiles, name: str, old: str, new: str, said: list[str]
) -> None:
    script_files.replace(name, old, new)
    assert said_about(script_files) == said


def test_a_course_in_javascript_is_read_without_a_look_at_its_programs(
    script_files: CourseFiles,
) -> None:
    script_files.write("all/solution.js", "let = (\n")
    course = course_in(script_files)
    assert (course.language, course.image) == ("javascript", "")
    step = next(course.lessons[0].code_steps())
    assert step.solution == "let = (\n"
    assert step.misconceptions == (
        Misconception("texts-add-up", "What is read from the input is a number.", ""),
    )
    assert [(file.path, file.editable) for file in step.files] == [
        ("shop.js", True),
        ("prices.csv", False),
    ]


def test_in_javascript_another_file_is_the_students_program(script_files: CourseFiles) -> None:
    script_files.write("all/main.js", "")
    script_files.write("all/main.py", "print(1\n")
    script_files.replace("all/lesson.yaml", "[shop.js]", "[main.js]")
    script_files.replace("all/lesson.yaml", "[prices.csv]", "[main.py]")
    assert said_about(script_files) == [
        "all/lesson.yaml:31:13: `main.js` is the name of the student's own program."
    ]


def test_no_file_may_have_the_name_of_the_students_program(rich_files: CourseFiles) -> None:
    rich_files.write("all/main.py", "x = 1\n")
    rich_files.replace("all/lesson.yaml", "files: [shop.py]", "files: [shop.py, main.py]")
    assert said_about(rich_files) == [
        "all/lesson.yaml:35:22: `main.py` is the name of the student's own program."
    ]


def test_all_mistakes_of_all_files_are_named_at_once(files: CourseFiles) -> None:
    files.replace("course.yaml", "language: python", "language: cobol")
    files.replace("first/lesson.yaml", "title: Twice", "titel: Twice")
    files.replace("first/lesson.yaml", "expect: 4", "expect: four")
    files.replace("first/hidden.yaml", "double(21)", '"double(21"')
    files.remove("first/wrong/adds.py")
    files.replace("second/starter.py", "return", "retrun")
    files.remove("second/prompt.md")
    assert [said.rsplit(": ", 1)[0].split(": ")[0] for said in said_about(files)] == [
        "course.yaml:3:11",
        "first/hidden.yaml:1:10",
        "first/lesson.yaml:2:1",
        "first/lesson.yaml:11:37",
        "first/lesson.yaml:18:19",
        "second/lesson.yaml:7:13",
        "second/starter.py:2:12",
    ]


def test_nothing_is_unfolded_to_see_that_it_would_be_huge(files: CourseFiles) -> None:
    files.write("first/lesson.yaml", LAUGHS)
    assert said_about(files) == [
        "first/lesson.yaml:1:5: Anchors (`&a`) are not supported; write the value out."
    ]


def test_a_link_must_not_lead_out_of_the_lesson(files: CourseFiles, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("x = 1\n")
    files.remove("first/solution.py")
    (files.path / "first/solution.py").symlink_to(tmp_path / "outside.py")
    files.remove("second/solution.py")
    (files.path / "second/solution.py").symlink_to("../first/starter.py")
    assert said_about(files) == [
        "first/lesson.yaml:23:15: `solution.py` is a link that leads out of the folder.",
        "second/lesson.yaml:23:15: `solution.py` is a link that leads out of the folder.",
    ]


def test_a_lesson_must_not_be_a_link_out_of_the_course(files: CourseFiles, tmp_path: Path) -> None:
    (files.path / "second").rename(tmp_path / "elsewhere")
    (files.path / "second").symlink_to(tmp_path / "elsewhere")
    assert said_about(files) == [
        "course.yaml:8:5: `second/lesson.yaml` is a link that leads out of the folder."
    ]


def test_links_in_a_circle_a_pipe_and_a_folder_are_no_files(files: CourseFiles) -> None:
    for name in ("first/starter.py", "first/solution.py", "first/prompt.md"):
        files.remove(name)
    (files.path / "first/starter.py").symlink_to("starter.py")
    os.mkfifo(files.path / "first/solution.py")
    (files.path / "first/prompt.md").mkdir()
    assert said_about(files) == [
        "first/lesson.yaml:7:13: `prompt.md` is not a file.",
        "first/lesson.yaml:8:14: The file `starter.py` can't be read: its links go in a circle.",
        "first/lesson.yaml:23:15: `solution.py` is not a file.",
    ]


def test_a_file_that_may_not_be_read_is_named(
    files: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = Path.open

    def closed_to_us(path: Path, mode: str = "r") -> object:
        # Mode bits do not stop root, and tests may run as root.
        if path.name == "solution.py":
            raise PermissionError(13, "Permission denied")
        return really_open(path, mode)

    monkeypatch.setattr(Path, "open", closed_to_us)
    assert said_about(files)[0] == (
        "first/lesson.yaml:23:15: The file `solution.py` may not be read: permission denied."
    )


def test_a_folder_that_is_not_there_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere") == (
        Problem("course.yaml", 1, 1, "There is no file `course.yaml` here."),
    )
