"""`course check` on a course of 500 lessons, beside what ruamel.yaml needs just to load them.

python -m tests.bench.course_check [LESSONS]
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from courses.source import check

SKELETON = Path(__file__).parents[2] / "courses" / "skeleton"
LESSONS = 500


@dataclass(frozen=True)
class Took:
    """Seconds for the whole course: of the check, and of loading its YAML files alone."""

    check_s: float
    load_s: float

    @property
    def factor(self) -> float:
        """How many times the loading the check takes."""
        return self.check_s / self.load_s


def write_course(folder: Path, lessons: int) -> None:
    """A course of so many lessons like the one that a new course begins with."""
    course = (SKELETON / "course.yaml").read_text()
    head, _, _ = course.partition("lessons:")
    names = [f"doubling-{number}" for number in range(lessons)]
    for name in names:
        shutil.copytree(SKELETON / "doubling", folder / name)
        lesson = folder / name / "lesson.yaml"
        lesson.write_text(lesson.read_text().replace("id: doubling\n", f"id: {name}\n", 1))
    (folder / "course.yaml").write_text(head + "lessons: [" + ", ".join(names) + "]\n")
    shutil.copy(SKELETON / "instructions.md", folder)


def measure(folder: Path, rounds: int = 1) -> Took:
    """The best of some rounds, in one process, one after the other."""
    files = sorted(folder.rglob("*.yaml"))

    def load() -> None:
        for file in files:
            YAML(typ="safe", pure=True).load(file)

    def look() -> None:
        found = check(folder)
        assert found.problems == ()

    return Took(_best(look, rounds), _best(load, rounds))


def _best(action: Callable[[], None], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        began = time.process_time()
        action()
        took.append(time.process_time() - began)
    return min(took)


def main() -> None:
    """Print both times and their ratio."""
    lessons = int(sys.argv[1]) if len(sys.argv) > 1 else LESSONS
    with tempfile.TemporaryDirectory() as name:
        write_course(Path(name), lessons)
        took = measure(Path(name))
    print(  # noqa: T201
        f"{lessons} lessons: check {took.check_s:.2f} s, "
        f"loading alone {took.load_s:.2f} s, {took.factor:.2f} times"
    )


if __name__ == "__main__":
    main()
