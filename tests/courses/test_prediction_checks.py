"""Predict steps whose output is given away: by which text, at which place, and how sure it is."""

from pathlib import Path

import pytest

from courses.problems import Problem
from courses.source import check
from tests.courses.conftest import CourseFiles

COURSE = """\
id: small
title: A small course
language: python
description: One lesson.
instructions: instructions.md
lessons: [one]
"""

LESSON = """\
id: one
title: Sums
summary: What a sum is.
steps:
  - id: read
    kind: explain
    prompt: read.md
    program: |
      print("first")
  - id: guess
    kind: predict
    title: A sum
    prompt: guess.md
    program: guess.py
    files: [shop.py]
    data: [notes.txt]
    output: |
      17 28
    misconceptions:
      - {id: joins, belief: A plus joins two texts., output: "98 199"}
  - id: choose
    kind: quiz
    prompt: Which is it?
    choices:
      - {text: "This", correct: true, because: Because.}
      - {text: "That"}
"""

FILES = {
    "course.yaml": COURSE,
    "instructions.md": "Be kind.\n",
    "one/lesson.yaml": LESSON,
    "one/read.md": "A sum adds.\n",
    "one/guess.md": "What does this print?\n",
    "one/guess.py": "print(9 + 8, 9 + 19)\n",
    "one/shop.py": "NOTHING = 0\n",
    "one/notes.txt": "Nothing here.\n",
}


@pytest.fixture
def predict_files(tmp_path: Path) -> CourseFiles:
    """A course with a program to predict that nothing gives away."""
    files = CourseFiles(tmp_path / "small")
    for name, text in FILES.items():
        files.write(name, text)
    return files


def found_in(files: CourseFiles) -> tuple[Problem, ...]:
    return check(files.path).problems


def test_a_lesson_that_gives_nothing_away_has_no_problems(predict_files: CourseFiles) -> None:
    assert found_in(predict_files) == ()


def test_a_prompt_that_says_the_output_is_an_error_at_the_output(
    predict_files: CourseFiles,
) -> None:
    predict_files.write("one/guess.md", "Look at it.\n\nSurely it prints `17 28`.\n")
    message = (
        "The prompt says what the program of `guess` prints, before it was predicted: `17 28`. "
        "Leave it out, or change the program."
    )
    assert found_in(predict_files) == (Problem("one/guess.md", 3, 19, message),)
    assert check(predict_files.path).course is None


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "severity", "title"),
    [
        ("guess.py", "9 + 19)", "9 + 19)  # 17 28", "guess.py:1:25", "error", "A comment of"),
        ("guess.py", "print", "# It prints 17 28\nprint", "guess.py:1:13", "error", "A comment of"),
        ("guess.py", "print", '"""Prints 17 and 28."""\nprint', "guess.py:1:11", "error", "A comm"),
        ("shop.py", "= 0", "= 0  # gives 17 28", "shop.py:1:22", "error", "A comment of `shop.py`"),
        ("notes.txt", "Nothing here.", "17 28", "notes.txt:1:1", "warning", "The file `notes.txt`"),
        ("notes.txt", "Nothing", "Output: 17 28\n", "notes.txt:1:9", "error", "The file"),
        ("lesson.yaml", "title: A sum", "title: It prints 17 28", "lesson.yaml:12:12", "error",
         "The title"),
        ("lesson.yaml", "title: Sums", "title: 17 28", "lesson.yaml:2:8", "warning",
         "The lesson's title"),
        ("lesson.yaml", "summary: What a sum is.", "summary: It prints 17 28.", "lesson.yaml:3:10",
         "error", "The lesson's summary"),
        ("read.md", "A sum adds.", "It prints 17 28.", "read.md:1:11", "warning",
         "The prompt of the step `read`"),
        ("lesson.yaml", 'print("first")', 'print("first")  # 17 28', "lesson.yaml:8:14", "warning",
         "A comment of the program of the step `read`"),
        ("lesson.yaml", "A plus joins two texts.", "It is not 17 28.", "lesson.yaml:20:29",
         "warning", "The belief of `joins`"),
        ("../instructions.md", "Be kind.", "The sums are 17 and 28.", "../instructions.md:1:14",
         "warning", "The course's `instructions`"),
        ("../course.yaml", "One lesson.", "It prints 17 28.", "../course.yaml:4:14", "warning",
         "The course's `description`"),
    ],
)  # fmt: skip
def test_every_text_that_is_read_before_the_prediction_is_looked_at(
    predict_files: CourseFiles,
    file: str, old: str, new: str, place: str, severity: str, title: str,
) -> None:  # fmt: skip
    predict_files.replace(f"one/{file}", old, new)
    [problem] = found_in(predict_files)
    where = f"one/{place}" if not place.startswith("../") else place.removeprefix("../")
    assert f"{problem.file}:{problem.line}:{problem.column}" == where
    assert problem.severity == severity
    assert problem.message.startswith(title)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        # Read after it, or not about it.
        ("lesson.yaml", "prompt: Which is it?", "prompt: It printed 17 28. Which is it?"),
        ("lesson.yaml", "because: Because.", "because: It printed 17 28."),
        ("guess.md", "What", "In line 17 and line 28, what"),
        ("read.md", "A sum adds.", "Chapter 17, page 28."),
        # What the program holds itself, or reads.
        ("guess.py", "print(9 + 8, 9 + 19)", "# It prints 17 28\nprint(17, 28)"),
        ("guess.py", "print(9 + 8, 9 + 19)", "print(open('notes.txt').read())  # 17 28"),
    ],
)
def test_what_comes_later_and_what_the_program_holds_gives_nothing_away(
    predict_files: CourseFiles, file: str, old: str, new: str
) -> None:
    if "open" in new:
        predict_files.write("one/notes.txt", "17 28\n")
    predict_files.replace(f"one/{file}", old, new)
    assert found_in(predict_files) == ()


def test_of_short_outputs_only_what_is_said_of_this_program_counts(
    predict_files: CourseFiles,
) -> None:
    predict_files.replace("one/lesson.yaml", "17 28", "7")
    predict_files.write("one/guess.py", "print(3 + 4)\n")
    predict_files.write("one/read.md", "Is it `7`? 6 + 1 is 7.\n")
    predict_files.write("instructions.md", "It prints 7, they are 7.\n")
    assert found_in(predict_files) == ()
    predict_files.replace("one/lesson.yaml", "A plus joins two texts.", "3 + 4 gives 7.")
    [problem] = found_in(predict_files)
    assert problem.message.startswith("The belief of `joins` says what")
    predict_files.replace("one/lesson.yaml", "3 + 4 gives 7.", "A plus joins two texts.")
    predict_files.write("one/guess.md", "The sum is 7.\n")
    [problem] = found_in(predict_files)
    assert (problem.file, problem.severity) == ("one/guess.md", "warning")


def test_every_line_of_a_long_output_in_their_order_gives_it_away(
    predict_files: CourseFiles,
) -> None:
    predict_files.replace("one/lesson.yaml", "17 28", "17\n      28")
    predict_files.write("one/guess.md", "So:\n\n```\n17  \n28\n```\n")
    assert [(p.file, p.line, p.severity) for p in found_in(predict_files)] == [
        ("one/guess.md", 4, "error")
    ]
    predict_files.write("one/guess.md", "So:\n\n```\n28\n17\n```\n")
    assert found_in(predict_files) == (), "another order is another output"


def test_lines_that_stand_in_the_program_may_be_named(predict_files: CourseFiles) -> None:
    predict_files.replace("one/lesson.yaml", "17 28", "yes\n      no")
    predict_files.write("one/guess.md", "Which of `yes`, `maybe` and `no` are printed?\n")
    predict_files.write("one/guess.py", "print('yes')\nif 0:\n    print('maybe')\nprint('no')\n")
    assert found_in(predict_files) == ()
    predict_files.write("one/guess.py", "print('YES'.lower())\nprint('NO'.lower())\n")
    assert [problem.severity for problem in found_in(predict_files)] == ["warning"]


def test_a_choice_of_outputs_is_a_question(predict_files: CourseFiles) -> None:
    predict_files.write("one/guess.md", "Does it print `17 28` or `98 199`?\n")
    assert found_in(predict_files) == ()


@pytest.mark.parametrize("key", ["program", "starter"])
def test_a_step_in_which_the_program_can_be_run_is_named(
    predict_files: CourseFiles, key: str
) -> None:
    program = "print( 9 + 8, 9 + 19 )  # the sums"
    if key == "program":
        predict_files.replace("one/lesson.yaml", 'print("first")', program)
    else:
        tests = "{visible: [{stdout: '1'}], hidden: [{stdout: '1'}]}"
        step = f"  - {{id: do, kind: code, prompt: Do it., starter: start.py, tests: {tests},"
        old = (predict_files.path / "one/lesson.yaml").read_text()
        predict_files.write("one/lesson.yaml", f"{old}{step} solution: print(1)}}\n")
        predict_files.write("one/start.py", f"{program}\n")
    [problem] = found_in(predict_files)
    assert problem.severity == "warning"
    assert problem.message.startswith("This is the program of `guess`: run here, it shows")


def test_a_belief_that_predicts_the_true_output_is_an_error(predict_files: CourseFiles) -> None:
    predict_files.replace("one/lesson.yaml", "17 28", "17\n      28")
    predict_files.replace("one/lesson.yaml", '"98 199"', '"17 \\n28"')
    [problem] = found_in(predict_files)
    assert problem.severity == "error"
    assert problem.message == "This is what the program prints: no false belief."


def test_what_the_tutor_is_told_of_a_prediction_holds_no_true_output(
    predict_files: CourseFiles,
) -> None:
    course = check(predict_files.path).course
    assert course is not None
    [lesson] = course.lessons
    assert "17 28" not in str(lesson.for_tutor())
    assert "17 28" not in str(lesson.for_student())
