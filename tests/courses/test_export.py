"""Courses as files again: whatever a text holds, it comes back."""

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from courses import export, source
from courses.document import parse
from tests.courses.conftest import CourseFiles

# What no course can hold: NUL and half characters.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@given(TEXTS)
@example("true")
@example("1e5")
@example("~")
@example("a: b")
@example("a\n\n b \n")
@example("  a\n")
@example("a\n")
@example("\n\na\nb\n\n\n")
@example("# a\n")
@example("\ufeffa")
@example("a\u2028b\n")
@example("a\x85b")
@example("no")
def test_any_text_comes_back_as_it_was(text: str) -> None:
    problems: list[object] = []
    read = parse("x", export.yaml_of({"a": text, "b": [text]}), problems)  # type: ignore[arg-type]
    assert problems == []
    assert read is not None
    assert read.data == {"a": text, "b": [text]}


def test_all_that_a_course_says_comes_back(rich_files: CourseFiles, tmp_path: Path) -> None:
    """Its policy, its quotas, how the model is asked, and when lessons are released."""
    course = source.read(rich_files.path)
    assert isinstance(course, source.CourseSource)
    for name, text in export.files_of(course).items():
        file = tmp_path / "again" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    again = source.read(tmp_path / "again")
    assert again == course
