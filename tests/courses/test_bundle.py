"""A course from elsewhere: a zip file, a revision, a path that is none."""

import subprocess
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from courses import bundle
from tests.courses.command import exit_code, run
from tests.courses.conftest import CourseFiles


def packed(files: CourseFiles, path: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as target:
        for file in files.path.rglob("*"):
            target.write(file, f"{inside}{file.relative_to(files.path)}")
    return path


@pytest.mark.parametrize("inside", ["", "small-main/"])
def test_a_course_is_checked_in_a_zip_file(files: CourseFiles, tmp_path: Path, inside: str) -> None:
    path = packed(files, tmp_path / "course.zip", inside)
    assert run("check", str(path)) == (0, "A small course: 2 lessons, no problems\n", "")
    files.replace("first/lesson.yaml", "title: Twice", "titel: Twice")
    path = packed(files, tmp_path / "course.zip", inside)
    assert run("check", str(path))[1].startswith(f"{path}/first/lesson.yaml:2:1: There is no key")


def test_what_is_no_course_in_a_zip_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "course.zip"
    path.write_bytes(b"PK but no more")
    with pytest.raises(CommandError, match="not a zip file"):
        call_command("course", "check", str(path))
    for name in ("../outside.txt", "/etc/outside.txt", "a/../../outside.txt", "..\\outside.txt"):
        with zipfile.ZipFile(path, "w") as target:
            target.writestr(name, "x")
        with pytest.raises(CommandError, match="leads out"):
            call_command("course", "check", str(path))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("course.yaml", "x" * 10_000)
    monkeypatch.setattr(bundle, "MAX_BYTES", 9_999)
    with pytest.raises(CommandError, match="more than a course can hold"):
        call_command("course", "check", str(path))
    monkeypatch.setattr(bundle, "MAX_FILES", 0)
    with pytest.raises(CommandError, match="more than a course can hold"):
        call_command("course", "check", str(path))


def test_a_course_is_checked_at_a_revision_of_its_checkout(
    files: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*args: str) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@school.example"]
        subprocess.run(["git", "-C", str(files.path), *who, *args], check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "First")
    git("tag", "spring")
    files.replace("course.yaml", "title: A small course", "titel: A small course")
    assert run("check", str(files.path), "--rev", "spring")[:2] == (
        0, "A small course: 2 lessons, no problems\n"
    )  # fmt: skip
    assert run("check", str(files.path))[0] == 1
    for revision in ("autumn", "--output=x", "-x"):
        with pytest.raises(CommandError) as raised:
            call_command("course", "check", str(files.path), rev=revision)
        assert raised.value.returncode == 2
    assert not (files.path / "x").exists()
    with pytest.raises(CommandError, match="git says"):
        call_command("course", "check", str(files.path.parent), rev="spring")
    monkeypatch.setattr(bundle, "MAX_BYTES", 9)
    with pytest.raises(CommandError, match="more than a course can hold"):
        call_command("course", "check", str(files.path), rev="spring")


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
