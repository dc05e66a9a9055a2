"""`manage.py course`: what it prints and how it ends."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from courses.management.commands.course import Command
from courses.models import Course, Lesson
from tests.courses.conftest import CourseFiles


def run(*args: str) -> tuple[object, str, str]:
    """Exit code, stdout and stderr of `manage.py course ARGS`."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    try:
        call_command("course", *args, stdout=out, stderr=err, no_color=True)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), err.getvalue()


def exit_code(*args: str) -> object:
    """How `manage.py course ARGS` ends in a shell; closes the connection to the database."""
    with pytest.raises(SystemExit) as end:
        Command().run_from_argv(["manage.py", "course", *args])
    return end.value.code


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
            "The language `cobol` is not supported yet; the only one is `python`."
        ),
        f"{files.path}/first/lesson.yaml:2:1: There is no key `titel`. Did you mean `title`?",
    ]
    assert err == "2 problems; nothing was imported.\n"
    assert not Course.objects.exists()
    assert not Lesson.objects.exists()


def test_check_needs_no_database(files: CourseFiles) -> None:
    assert run("check", str(files.path)) == (0, "A small course: 2 lessons, no problems\n", "")
    files.write("course.yaml", b"\xff\xfe\x00")
    code, out, err = run("check", str(files.path))
    assert code == 1
    assert out == f"{files.path}/course.yaml:1:1: The file `course.yaml` is not UTF-8 text.\n"
    assert err == "1 problem\n"


def test_the_course_of_a_fresh_installation_has_no_problems() -> None:
    path = Path(__file__).parents[2] / "courses" / "content" / "first-steps"
    assert run("check", str(path)) == (0, "First steps in Python: 3 lessons, no problems\n", "")


def test_a_path_that_is_no_folder_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert exit_code("import", str(tmp_path / "nowhere")) == 2
    assert exit_code("import", str(tmp_path / "file")) == 2
    with pytest.raises(CommandError, match=r"There is no folder .*nowhere"):
        call_command("course", "import", str(tmp_path / "nowhere"))
    with pytest.raises(CommandError, match=r"is a file; give the folder that holds course\.yaml"):
        call_command("course", "check", str(tmp_path / "file"))


def test_a_name_too_long_for_the_system_is_wrong_usage() -> None:
    assert exit_code("check", "x" * 5_000) == 2


def test_a_folder_that_may_not_be_entered_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", closed)
    with pytest.raises(CommandError, match=r"Permission denied\.") as raised:
        call_command("course", "check", str(tmp_path))
    assert raised.value.returncode == 2


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
