"""`manage.py course check PATH` and `manage.py course import PATH`."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from courses.facts import CourseSource
from courses.models import Course, Published
from courses.source import read

# Exit codes, as linters have them: 0 all is well, 1 the course has problems, 2 wrong usage.
PROBLEMS = 1
USAGE = 2


class Command(BaseCommand):
    """For authors: says all that is wrong with a course's files, or publishes it."""

    help = "Check a course's files, or import them."
    # The state of the web site is no matter here.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`course ACTION PATH`."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, purpose in (
            ("check", "Say everything that is wrong with a course's files."),
            ("import", "Check a course and publish it; importing it again changes nothing."),
        ):
            action = actions.add_parser(name, help=purpose, description=purpose)
            action.add_argument("path", type=Path, help="the folder that holds course.yaml")

    def handle(self, *_: Any, action: str, path: Path, **__: Any) -> None:
        """Exits with a code of this module's; what is printed is for the author."""
        path = Path(path)
        self._refuse_what_is_no_folder(path)
        course = read(path)
        if not isinstance(course, CourseSource):
            for problem in course:
                where = f"{path / problem.file}:{problem.line}:{problem.column}"
                self.stdout.write(f"{where}: {problem.message}")
            count = "1 problem" if len(course) == 1 else f"{len(course)} problems"
            self.stderr.write(f"{count}; nothing was imported." if action == "import" else count)
            sys.exit(PROBLEMS)
        if action == "check":
            self.stdout.write(f"{course.title}: {_lessons(len(course.lessons))}, no problems")
            return
        try:
            published = Course.publish(course)
        except DatabaseError as error:
            raise CommandError(
                f"The database does not take the course: {error}. "
                "If the database is new, run `manage.py migrate` first."
            ) from error
        self.stdout.write(f"{course.title}: {_changes(published)}")

    def _refuse_what_is_no_folder(self, path: Path) -> None:
        try:
            if path.is_dir():
                return
            exists = path.exists()
        except OSError as error:
            reason = error.strerror or "it can't be read"
            raise CommandError(f"{path}: {reason}.", returncode=USAGE) from error
        if exists:
            raise CommandError(
                f"{path} is a file; give the folder that holds course.yaml.", returncode=USAGE
            )
        raise CommandError(f"There is no folder {path}.", returncode=USAGE)


def _changes(published: Published) -> str:
    """«3 lessons: 1 new, 2 unchanged»."""
    counts = {
        "new": published.new,
        "changed": published.changed,
        "unchanged": published.unchanged,
        "withdrawn": published.withdrawn,
    }
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    total = published.new + published.changed + published.unchanged
    return f"{_lessons(total)}: {said}"


def _lessons(count: int) -> str:
    return "1 lesson" if count == 1 else f"{count} lessons"
