"""All that the format has: from files to facts, to documents and back, and who sees what of it."""

import json
from dataclasses import asdict, fields
from datetime import datetime

import pytest

from courses import audience, facts
from courses.facts import Case, CodeStep, LessonSource, PredictStep, QuizStep
from courses.source import CheckedCourse, check
from tests.courses.conftest import CourseFiles

# What nobody may see who is a student: what is expected, what is hidden, what is right.
SECRETS = (
    "secret", "21, 21", "42", "return n\\n", "first-only", "TypeError", "iterable",
    "rounded down", "range includes", "product", "When does the function end?", "0\\n1\\n",
)  # fmt: skip


def checked(files: CourseFiles) -> CheckedCourse:
    found = check(files.path)
    assert found.problems == ()
    return found


def lesson_in(files: CourseFiles) -> LessonSource:
    course = checked(files).course
    assert course is not None
    return course.lessons[0]


def code_in(files: CourseFiles) -> CodeStep:
    return next(lesson_in(files).code_steps())


def test_a_course_says_what_is_to_be_learned_and_how(rich_files: CourseFiles) -> None:
    course = checked(rich_files).course
    assert course is not None
    assert course.image == "plots"
    assert course.skills[2] == facts.Skill("sums", "Sums", ("loops", "values"))
    assert course.policy == facts.Policy("high", 2)
    assert course.quotas == facts.Quotas(60, 200)
    assert course.model == facts.ModelOptions("none", "low", 1200, 3, "flex", "12h")
    assert course.releases == {"everything": datetime(2027, 1, 31, 8)}  # noqa: DTZ001
    lesson = course.lessons[0]
    assert (lesson.was, lesson.skills) == (("all-there-is",), ("loops", "values"))


def test_a_lesson_has_steps_of_every_kind(rich_files: CourseFiles) -> None:
    steps = lesson_in(rich_files).steps
    assert [step.kind for step in steps] == ["explain", "predict", "quiz", "code"]
    predict, quiz = steps[1], steps[2]
    assert isinstance(predict, PredictStep)
    assert predict.program == "for n in range(2):\n    print(n)\n"
    assert predict.output == "0\n1\n"
    assert predict.misconceptions[0].output == "0 1 2"
    assert isinstance(quiz, QuizStep)
    assert quiz.prompt == "What is 7 // 2?\n"
    assert [choice.correct for choice in quiz.choices] == [True, False]


def test_a_step_to_program_has_all_its_parts(rich_files: CourseFiles) -> None:
    step = code_in(rich_files)
    assert [(file.path, file.editable) for file in step.files] == [
        ("shop.py", True),
        ("prices.csv", False),
    ]
    assert step.visible == (
        Case("total([1, 2])", "3", catches=("first-only",)),
        Case("total([0.1, 0.2])", "0.3", tolerance=1e-9),
        Case("total(None)", raises="TypeError", message="iterable"),
        Case(stdin="4\n5\n", stdout="9"),
    )
    assert step.limits == facts.CaseLimits(2, 128, 16)
    assert [(rule.verb, rule.what, rule.name) for rule in step.rules] == [
        ("require", "construct", "for"),
        ("require", "construct", "function"),
        ("require", "import", "shop"),
        ("forbid", "construct", "while"),
        ("forbid", "call", "sum"),
        ("forbid", "call", "list.sort"),
    ]
    assert step.misconceptions[0].predicts == "3"
    assert step.hints[1] == facts.Hint("Write down n in each round.", 2, 2, 5)
    assert step.hints[2] == facts.Hint("Count the brackets.", 1, error="SyntaxError")
    assert step.variants[0].hidden == (Case("product([])", "1"),)
    assert step.variants[0].starter == "import shop\ndef product(numbers):\n    return 1\n"


def test_a_lesson_with_everything_survives_the_way_through_its_document(
    rich_files: CourseFiles,
) -> None:
    lesson = lesson_in(rich_files)
    document = json.loads(json.dumps(lesson.document()))
    assert LessonSource.from_document(document) == lesson
    assert LessonSource.from_document(document).digest() == lesson.digest()


def test_a_lesson_of_the_first_format_is_read_and_keeps_its_digest() -> None:
    document = {
        "id": "first", "title": "Twice", "summary": "Doubling.",
        "steps": [{
            "id": "double", "kind": "code", "prompt": "Write it.", "starter": "x = 1\n",
            "visible": [{"call": "double(2)", "expect": "4"}], "solution": "x = 2\n",
            "misconceptions": [{"id": "a", "belief": "b", "witness": "double(3)"}],
            "wrong": [{"misconception": "a", "file": "wrong/a.py", "code": "x = 3\n"}],
            "hints": ["What is twice three?", "Try it."], "explain_back": "Why?",
        }],
    }  # fmt: skip
    lesson = LessonSource.from_document(document)
    assert lesson.document() == document
    # As the first release of this format computed it; dialogues stay on versions named so.
    assert lesson.digest() == ("186169978ce057733406b4a067741484b14b03a67fd7794ce293ed62005321c0")
    assert next(lesson.code_steps()).hints[1] == facts.Hint("Try it.", 2)


def test_a_step_is_found_by_its_id(rich_files: CourseFiles) -> None:
    lesson = lesson_in(rich_files)
    assert [lesson.step(step.id) for step in lesson.steps] == list(lesson.steps)
    for ask in (lesson.step, lesson.files_of, lesson.editable_of):
        with pytest.raises(KeyError):
            ask("sum-up")  # an id that it had before


def test_beside_a_program_stand_the_files_of_its_step_and_no_others(
    rich_files: CourseFiles,
) -> None:
    guess = "    program: guess.py\n"
    rich_files.replace("all/lesson.yaml", guess, f"{guess}    files: [other.py]\n")
    rich_files.write("all/other.py", "OTHER = 1\n")
    lesson = lesson_in(rich_files)
    assert lesson.files_of("add") == {"shop.py": "NOTHING = 0\n", "prices.csv": "bread;2\n"}
    assert lesson.files_of("guess") == {"other.py": "OTHER = 1\n"}
    assert lesson.files_of("read") == lesson.files_of("choose") == {}
    assert lesson.editable_of("add") == {"shop.py"}
    assert lesson.editable_of("guess") == {"other.py"}
    assert lesson.editable_of("choose") == frozenset()


# Who sees what -----------------------------------------------------------------------------------


def test_neither_student_nor_tutor_has_a_place_for_a_secret() -> None:
    names = {
        kind.__name__: {field.name for field in fields(kind)}
        for kind in (
            audience.StudentLesson,
            audience.StudentCase,
            audience.StudentCode,
            audience.StudentExplain,
            audience.StudentPredict,
            audience.StudentQuiz,
            audience.TutorLesson,
            audience.TutorStep,
        )
    }
    assert names == {
        "StudentLesson": {"title", "steps"},
        "StudentCase": {"call", "stdin"},
        "StudentCode": {
            "id", "title", "prompt", "starter", "cases", "files", "stdin", "rules", "kind",
        },
        "StudentExplain": {"id", "title", "prompt", "program", "kind"},
        "StudentPredict": {"id", "title", "prompt", "program", "files", "stdin", "kind"},
        "StudentQuiz": {"id", "title", "prompt", "choices", "several", "kind"},
        "TutorLesson": {"title", "steps"},
        "TutorStep": {
            "id", "kind", "title", "prompt",
            "program", "cases", "misconceptions", "prediction_misconceptions",
            "choices", "hints", "rules", "explain_back", "shared_solution", "files", "stdin",
        },
    }  # fmt: skip


def test_a_student_sees_what_is_asked_and_nothing_of_what_must_come_of_it(
    rich_files: CourseFiles,
) -> None:
    told = lesson_in(rich_files).for_student()
    assert [step.kind for step in told.steps] == ["explain", "predict", "quiz", "code"]
    code = told.steps[-1]
    assert isinstance(code, audience.StudentCode)
    assert code.cases[0] == audience.StudentCase("total([1, 2])")
    assert code.starter.endswith("    pass\n")
    text = json.dumps(asdict(told))
    assert "What does it print?" in text
    assert [secret for secret in SECRETS if secret in text] == []


def test_the_model_gets_visible_cases_and_a_solution_only_where_the_author_says_so(
    rich_files: CourseFiles,
) -> None:
    told = lesson_in(rich_files).for_tutor()
    assert told.steps[-1].id == "add"
    assert "# the secret" in told.steps[-1].shared_solution
    rich_files.replace("all/lesson.yaml", "    share_solution: true\n", "")
    text = json.dumps(asdict(lesson_in(rich_files).for_tutor()))
    assert "total([1, 2])" in text
    for secret in ("secret", "21, 21", "42", "return n\\n", "rounded down", "product", "0\\n1\\n"):
        assert secret not in text


# Warnings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "      hidden: hidden.yaml\n",
            "",
            [
                "1:1: Nothing names the file `hidden.yaml`.",
                "39:7: No hidden cases: a program that only knows the visible ones passes.",
            ],
        ),
        (
            "text: When does the function end?",
            "text: 'Try result = result + n, will you?'",
            ["57:26: This hint gives a line of the solution away: `result = result + n`."],
        ),
        (
            "starter: add.py",
            "starter: solution.py",
            [
                "1:1: Nothing names the file `add.py`.",
                "34:14: The starter is the solution already.",
            ],
        ),
        (
            "skills: [loops, values]",
            "prerequisites: [values]",
            ["6:17: No lesson before this one practises `values`."],
        ),
        (
            "        seen_in: [wrong/first.py]\n",
            "",
            [
                "1:1: Nothing names the file `wrong/first.py`.",
                ("51:9: A case catches this, but `seen_in` names no program to try that with."),
            ],
        ),
    ],
)
def test_what_is_allowed_but_hardly_meant_is_a_warning(
    rich_files: CourseFiles, old: str, new: str, said: list[str]
) -> None:
    rich_files.replace("all/lesson.yaml", old, new)
    found = check(rich_files.path)
    assert found.course is not None
    assert found.errors == ()
    assert [
        f"{warning.line}:{warning.column}: {warning.message}" for warning in found.warnings
    ] == [line.replace("1:1", "2:1") for line in said]


def test_a_folder_with_a_lesson_that_nobody_lists_is_a_warning(files: CourseFiles) -> None:
    files.replace("course.yaml", "  - second\n", "")
    [warning] = check(files.path).warnings
    assert warning.message == "The folder `second` holds a lesson that is not in this list."
