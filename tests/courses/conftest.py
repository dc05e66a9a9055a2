"""A small course on disk, to import as it is or to break first."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.courses import rich, script

COURSE = """\
id: small
title: A small course
language: python
description: Two lessons.
instructions: Be kind.
lessons:
  - first
  - second
"""

LESSON = """\
id: first
title: Twice as much
summary: Doubling numbers.
steps:
  - id: double
    kind: code
    prompt: prompt.md
    starter: starter.py
    tests:
      visible:
        - {call: double(2), expect: 4}
        - {call: double(0), expect: 0}
      hidden: hidden.yaml
    misconceptions:
      - id: adds-two
        belief: Doubling is adding two.
        witness: double(3)
        seen_in: [wrong/adds.py]
    hints:
      - {level: 1, text: What is twice three?}
      - {level: 2, text: Try it with three.}
    explain_back: Why is adding two not enough?
    solution: solution.py
"""

FILES = {
    "course.yaml": COURSE,
    "first/lesson.yaml": LESSON,
    "first/prompt.md": "Write `double`.\n",
    "first/starter.py": "def double(n):\n    return n + 2\n",
    "first/solution.py": "def double(n):\n    return n * 2  # the secret\n",
    "first/hidden.yaml": "- {call: double(21), expect: 42}\n- {call: double(-1), expect: -2}\n",
    "first/wrong/adds.py": "def double(n):\n    return 2 + n\n",
}


@dataclass(frozen=True)
class CourseFiles:
    """A course's folder and ways to change what is in it."""

    path: Path

    def write(self, name: str, content: str | bytes) -> None:
        """Make the file `name` hold `content`."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def replace(self, name: str, old: str, new: str) -> None:
        """Put `new` in the place of `old`, which stands in the file `name` once."""
        text = (self.path / name).read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def remove(self, name: str) -> None:
        """Take the file `name` away."""
        (self.path / name).unlink()


@pytest.fixture
def files(tmp_path: Path) -> CourseFiles:
    """A course without problems: lessons `first` and `second`."""
    files = CourseFiles(tmp_path / "small")
    for name, text in FILES.items():
        files.write(name, text)
        if name.startswith("first/"):
            files.write(name.replace("first/", "second/"), text.replace("id: first", "id: second"))
    return files


@pytest.fixture
def rich_files(tmp_path: Path) -> CourseFiles:
    """A course without problems that uses everything the format has."""
    files = CourseFiles(tmp_path / "rich")
    for name, text in rich.FILES.items():
        files.write(name, text)
    return files


@pytest.fixture
def script_files(tmp_path: Path) -> CourseFiles:
    """A course in JavaScript without problems."""
    files = CourseFiles(tmp_path / "script")
    for name, text in script.FILES.items():
        files.write(name, text)
    return files
