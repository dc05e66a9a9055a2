"""`manage.py course`: what it prints and how it ends."""

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import OperationalError

from courses import json_schema
from courses.models import Course, Lesson
from courses.source import check
from tests.courses.command import exit_code, run
from tests.courses.conftest import CourseFiles
from tests.courses.test_first_steps import COURSE as FIRST_STEPS
from tests.courses.test_first_steps import failed

SKELETON = Path(__file__).parents[2] / "courses" / "skeleton"


@pytest.mark.django_db
def test_import_says_what_changed(files: CourseFiles) -> None:
    path = str(files.path)
    assert run("import", path) == (0, "A small course: 2 lessons: 2 new\n", "")
    assert run("import", path) == (0, "A small course: 2 lessons: 2 unchanged\n", "")
    files.replace("first/prompt.md", "Write", "Please write")
    assert run("import", path) == (0, "A small course: 2 lessons: 1 changed, 1 unchanged\n", "")
    files.replace("course.yaml", "  - second\n", "")
    assert run("import", path) == (0, "A small course: 1 lesson: 1 unchanged, 1 withdrawn\n", "")


@pytest.mark.django_db
def test_a_course_with_problems_is_not_imported_and_all_of_them_are_said(
    files: CourseFiles,
) -> None:
    files.replace("course.yaml", "language: python", "language: cobol")
    files.replace("first/lesson.yaml", "title: Twice", "titel: Twice")
    code, out, err = run("import", str(files.path))
    assert code == 1
    assert out.splitlines() == [
        (
            f"{files.path}/course.yaml:3:11: "
            "The language `cobol` is not supported. There are `python`, `javascript`."
        ),
        "  2 | title: A small course",
        "  3 | language: cobol",
        "    |           ^",
        f"{files.path}/first/lesson.yaml:2:1: There is no key `titel`. Did you mean `title`?",
        "  1 | id: first",
        "  2 | titel: Twice as much",
        "    | ^",
    ]
    assert err == "2 errors; nothing was imported.\n"
    assert not Course.objects.exists()
    assert not Lesson.objects.exists()


def test_check_needs_no_database(files: CourseFiles) -> None:
    assert run("check", str(files.path)) == (0, "A small course: 2 lessons, no problems\n", "")
    files.write("course.yaml", b"\xff\xfe\x00")
    code, out, err = run("check", str(files.path))
    assert code == 1
    assert out == f"{files.path}/course.yaml:1:1: The file `course.yaml` is not UTF-8 text.\n"
    assert err == "1 error\n"


def test_the_course_of_a_fresh_installation_has_no_problems() -> None:
    path = Path(__file__).parents[2] / "courses" / "content" / "first-steps"
    assert run("check", str(path)) == (0, "First steps in Python: 3 lessons, no problems\n", "")


@pytest.mark.django_db
def test_diff_says_what_would_change_and_which_dialogues_stay_behind(files: CourseFiles) -> None:
    path = str(files.path)
    assert run("diff", path) == (
        0, "A small course: 2 lessons, all new: no course `small` is here yet.\n", ""
    )  # fmt: skip
    run("import", path)
    for name, lesson in (("ana", "first"), ("ben", "first"), ("eve", "second")):
        student = User.objects.create_user(name)
        student.conversations.create(lesson=Lesson.objects.get(slug=lesson))
    assert run("diff", path)[1].splitlines()[:2] == ["unchanged  first", "unchanged  second"]
    files.replace("first/prompt.md", "Write", "Please write")
    files.replace("course.yaml", "  - second\n", "  - third\n")
    for file in (files.path / "first").rglob("*"):
        if file.is_file():
            text = file.read_text().replace("id: first", "id: third")
            files.write(f"third/{file.relative_to(files.path / 'first')}", text)
    assert run("diff", path)[1].splitlines() == [
        "changed    first: 2 dialogues on older versions",
        "new        third",
        "withdrawn  second: 1 dialogue stay without it in the list",
        "3 dialogues would go on with an older version than new ones begin with.",
    ]
    run("import", path)
    assert run("diff", path)[1].splitlines()[0] == (
        "unchanged  first: 2 dialogues on older versions"
    )
    assert Lesson.objects.filter(slug="first").count() == 2, "diff itself changes nothing"


@pytest.mark.django_db
def test_a_released_step_of_another_kind_is_named_at_its_place(files: CourseFiles) -> None:
    run("import", str(files.path))
    step = "{id: double, kind: explain, prompt: Read this.}"
    files.write("first/lesson.yaml", f"id: first\ntitle: T\nsummary: S\nsteps:\n  - {step}\n")
    code, out, err = run("import", str(files.path))
    assert code == 1
    assert out.splitlines()[-4] == (
        f"{files.path}/first/lesson.yaml:5:24: The step `double` was released as a step of kind "
        "`code` and can't become `explain`. Give the new step another id."
    )
    assert err == "1 error; nothing was imported.\n"


def test_check_speaks_json_and_github(files: CourseFiles) -> None:
    files.replace("first/lesson.yaml", "title: Twice", "titel: Twice")
    files.replace("first/lesson.yaml", "      hidden: hidden.yaml\n", "")
    code, out, _ = run("check", str(files.path), "--format", "json")
    assert code == 1
    assert json.loads(out) == [
        {
            "file": f"{files.path}/first/lesson.yaml", "line": 2, "column": 1,
            "severity": "error", "message": "There is no key `titel`. Did you mean `title`?",
        }
    ]  # fmt: skip
    code, out, _ = run("check", str(files.path), "--format", "github")
    assert (code, out) == (
        1,
        (
            f"::error file={files.path}/first/lesson.yaml,line=2,col=1::"
            "There is no key `titel`. Did you mean `title`?\n"
        ),
    )


def test_a_warning_is_said_and_keeps_nobody_from_publishing(files: CourseFiles) -> None:
    files.remove("second/hidden.yaml")
    files.replace("second/lesson.yaml", "      hidden: hidden.yaml\n", "")
    code, out, err = run("check", str(files.path))
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        (
            f"{files.path}/second/lesson.yaml:10:7: warning: "
            "No hidden cases: a program that only knows the visible ones passes."
        ),
        "   9 |     tests:",
        "  10 |       visible:",
        "     |       ^",
        "A small course: 2 lessons, 1 warning",
    ]


def test_a_new_course_passes_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "Fun with 3 Numbers"
    code, out, _ = run("new", str(path), "--title", "Fun: with numbers")
    assert code == 0
    assert "course check" in out
    found = check(path)
    assert found.problems == ()
    assert found.course is not None
    assert (found.course.id, found.course.title) == ("fun-with-3-numbers", "Fun: with numbers")
    assert (path / "lesson.schema.json").read_text() == json_schema.json_schemas()[
        "lesson.schema.json"
    ]
    for file in path.rglob("*.yaml"):
        head = file.read_text().splitlines()[0]
        if head.startswith("# yaml-language-server"):
            assert (file.parent / head.partition("=")[2]).resolve().is_file()
    assert exit_code("new", str(path)) == 2


def test_the_skeletons_programs_do_what_they_say() -> None:
    # The way of `course test`, without a sandbox: these few lines are ours.
    step = next(check(SKELETON).course.lessons[0].code_steps())  # type: ignore[union-attr]
    assert failed(step.solution, step.cases) == []
    assert failed(step.starter, step.visible)
    for wrong in step.wrong:
        assert failed(wrong.code, tuple(case for case in step.cases if case.catches))


@pytest.mark.django_db
def test_an_exported_course_has_the_same_lessons(
    rich_files: CourseFiles, script_files: CourseFiles, tmp_path: Path
) -> None:
    run("import", str(rich_files.path))
    run("import", str(script_files.path))
    run("import", str(FIRST_STEPS))
    for name in ("rich", "script", "first-steps"):
        code, out, _ = run("export", name, str(tmp_path / "out" / name))
        assert (code, "written to" in out) == (0, True)
        found = check(tmp_path / "out" / name)
        assert found.problems == ()
        assert found.course is not None
        published = Course.objects.get(slug=name)
        assert (found.course.language, found.course.image) == (published.language, published.image)
        assert {lesson.digest() for lesson in found.course.lessons} == set(
            published.lessons.values_list("digest", flat=True)
        )
        again = run("import", str(tmp_path / "out" / name))[1]
        assert "changed" not in again.replace("unchanged", "")
    assert exit_code("export", "nothing", str(tmp_path / "nothing")) == 2


def test_schemas_and_reference_are_written(tmp_path: Path) -> None:
    assert run("schema", str(tmp_path))[0] == 0
    for name, text in json_schema.json_schemas().items():
        assert (tmp_path / name).read_text() == text
    assert run("schema", "--reference")[1] == json_schema.reference()
    assert run("schema")[1] == json_schema.json_schemas()["lesson.schema.json"]
    assert exit_code("schema", str(tmp_path / "nowhere")) == 2


@pytest.mark.parametrize("args", [[], ["import"], ["fly", "x"], ["check", "a", "b"]])
def test_wrong_usage_ends_with_2(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(*args) == 2
    assert "usage: " in capsys.readouterr().err


def test_a_database_without_tables_is_named_without_a_traceback(
    files: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: object) -> None:
        raise OperationalError("no such table: courses_course")

    monkeypatch.setattr(Course, "publish", fail)
    with pytest.raises(CommandError, match=r"no such table.*manage\.py migrate") as raised:
        call_command("course", "import", str(files.path))
    assert raised.value.returncode == 1
