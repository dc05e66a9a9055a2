"""Courses as files again: whatever a text holds, it comes back."""

from hypothesis import example, given
from hypothesis import strategies as st

from courses import export
from courses.document import parse

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
