"""`manage.py course ACTION`: the way of a course from an author's editor to the students.

The tutor's command of the same name adds what takes a sandbox or a classroom.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from courses import bundle, export, json_schema, report, scaffold
from courses.models import Course, KindChanged, LessonChange, Published
from courses.problems import Problem
from courses.source import CheckedCourse, CourseSource, check

# Exit codes, as linters have them: 0 all is well, 1 the course has problems, 2 wrong usage.
PROBLEMS = 1
USAGE = 2

FORMATS = ("text", "json", "github")


@dataclass(frozen=True)
class Action:
    """A subcommand: its arguments, added to a parser, and its function of their values by name."""

    name: str
    purpose: str
    add_arguments: Callable[[ArgumentParser], None]
    act: Callable[[dict[str, Any]], None]


class Command(BaseCommand):
    """For authors: says all that is wrong with a course's files, or publishes it."""

    help = "Begin, check, compare, import or export a course."
    # The state of the web site is no matter here.
    requires_system_checks: list[str] = []

    def actions(self) -> list[Action]:
        """The subcommands in the order of the help."""
        return [
            Action(
                "new", "Write a small course that is complete, to be made into your own.",
                _add_new, self._new,
            ),
            Action(
                "check", "Say everything that is wrong with a course's files.",
                _add_check, self._check,
            ),
            Action(
                "diff",
                "Say what importing a course would change, and which dialogues it touches.",
                _add_source, self._diff,
            ),
            Action(
                "import", "Check a course and publish it; importing it again changes nothing.",
                _add_source, self._import,
            ),
            Action(
                "export", "Write a published course as files into an empty folder.",
                _add_export, self._export,
            ),
            Action(
                "schema", "Write the format's JSON Schemas, for editors.",
                _add_schema, self._schema,
            ),
        ]  # fmt: skip

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`course ACTION …`."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action in self.actions():
            action.add_arguments(
                actions.add_parser(action.name, help=action.purpose, description=action.purpose)
            )

    def handle(self, *_: Any, action: str, **options: Any) -> None:
        """Exits with a code of this module's; what is printed is for the author."""
        chosen = next(one for one in self.actions() if one.name == action)
        try:
            chosen.act(options)
        except bundle.BundleError as error:
            raise CommandError(str(error), returncode=USAGE) from error
        except FileExistsError as error:
            message = error.strerror or str(error)
            raise CommandError(f"{options['path']}: {message}", returncode=USAGE) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database does not take part: {error}. "
                "If the database is new, run `manage.py migrate` first."
            ) from error
        except OSError as error:
            reason = error.strerror or "it cannot be written"
            raise CommandError(f"{options['path']}: {reason}.", returncode=USAGE) from error

    # From the author to the files

    def _new(self, options: dict[str, Any]) -> None:
        path: Path = options["path"]
        scaffold.write(path, options["title"])
        self.stdout.write(
            f"{path} holds a course of one lesson. Change it, and look at it again with:\n"
            f"  manage.py course check {path}"
        )

    def _schema(self, options: dict[str, Any]) -> None:
        path: Path | None = options["path"]
        if options["reference"]:
            self.stdout.write(json_schema.reference(), ending="")
        elif path is None:
            self.stdout.write(json_schema.json_schemas()[json_schema.LESSON_SCHEMA], ending="")
        elif not path.is_dir():
            raise CommandError(f"There is no folder {path}.", returncode=USAGE)
        else:
            self.stdout.write("Written: " + ", ".join(scaffold.write_schemas(path)))

    # From the files to the database

    def _check(self, options: dict[str, Any]) -> None:
        path: Path = options["path"]
        with bundle.open_course(path, options["rev"]) as folder:
            found = check(folder)
        match options["format"]:
            case "json":
                self.stdout.write(report.as_json(found.problems, path), ending="")
            case "github":
                self.stdout.write(report.as_github(found.problems, path), ending="")
            case _:
                said = report.as_text(found.problems, found.texts, path)
                self.stdout.write(said, ending="")
                if found.course is not None:
                    self.stdout.write(f"{_summary(found.course)}, {_counted(found.problems)}")
        if found.course is None:
            self.stderr.write(_counted(found.problems))
            sys.exit(PROBLEMS)

    def _diff(self, options: dict[str, Any]) -> None:
        path: Path = options["path"]
        with bundle.open_course(path, options["rev"]) as folder:
            source = self.without_errors(check(folder), path, "nothing was compared")
        course = Course.objects.filter(slug=source.id).first()
        if course is None:
            self.stdout.write(f"{_summary(source)}, all new: no course `{source.id}` is here yet.")
            return
        changes = course.compare(source)
        for change in changes:
            self.stdout.write(_said(change))
        touched = sum(c.dialogues for c in changes if c.state in ("changed", "withdrawn"))
        self.stdout.write(
            f"{_dialogues(touched)} would go on with an older version than new ones begin with."
        )

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["path"]
        with bundle.open_course(path, options["rev"]) as folder:
            found = check(folder)
        source = self.without_errors(found, path, "nothing was imported")
        try:
            published = Course.publish(source)
        except KindChanged as refused:
            file, mark = found.steps[refused.lesson, refused.step]
            problem = Problem.at(file, mark, str(refused))
            self.stdout.write(report.as_text([problem], found.texts, path), ending="")
            self.stderr.write("1 error; nothing was imported.")
            sys.exit(PROBLEMS)
        self.stdout.write(f"{source.title}: {_changes(published)}")

    def without_errors(self, found: CheckedCourse, path: Path, instead: str) -> CourseSource:
        """The course that was found. Exits with PROBLEMS if it has errors, which are printed."""
        if found.course is not None:
            return found.course
        self.stdout.write(report.as_text(found.problems, found.texts, path), ending="")
        self.stderr.write(f"{_counted(found.problems)}; {instead}.")
        sys.exit(PROBLEMS)

    # From the database to files

    def _export(self, options: dict[str, Any]) -> None:
        path: Path = options["path"]
        source = self.published(options["course"])
        path.mkdir(parents=True, exist_ok=True)
        if next(path.iterdir(), None) is not None:
            raise FileExistsError(f"There is something in {path} already.")
        for name, text in export.files_of(source).items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(text, encoding="utf-8")
        self.stdout.write(f"{_summary(source)}, written to {path}")

    def published(self, slug: str) -> CourseSource:
        """The course of this id, as it is published. Raises CommandError."""
        course = Course.objects.filter(slug=slug).first()
        if course is None:
            known = ", ".join(Course.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(
                f"There is no course {slug}. Courses here: {known}.", returncode=USAGE
            )
        return course.source()


# Arguments ---------------------------------------------------------------------------------------


def _add_new(parser: ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="a folder that is empty or not there")
    parser.add_argument("--title", default="", help="the course's title")


def _add_source(parser: ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="the course's folder, or a zip file of it")
    parser.add_argument(
        "--rev", default="", metavar="REVISION",
        help="as it was at this revision of the git checkout it is in",
    )  # fmt: skip


def _add_check(parser: ArgumentParser) -> None:
    _add_source(parser)
    parser.add_argument("--format", choices=FORMATS, default="text")


def _add_export(parser: ArgumentParser) -> None:
    parser.add_argument("course", help="the course's id")
    parser.add_argument("path", type=Path, help="a folder that is empty or not there")


def _add_schema(parser: ArgumentParser) -> None:
    parser.add_argument("path", type=Path, nargs="?", help="the folder to write them into")
    parser.add_argument(
        "--reference", action="store_true", help="print the format's reference instead"
    )


# Words -------------------------------------------------------------------------------------------


def _summary(course: CourseSource) -> str:
    return f"{course.title}: {_lessons(len(course.lessons))}"


def _counted(problems: tuple[Problem, ...]) -> str:
    """«2 errors, 1 warning»."""
    counts = {
        severity: sum(problem.severity == severity for problem in problems)
        for severity in ("error", "warning")
    }
    said = [f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts.items() if n]
    return ", ".join(said) or "no problems"


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


def _said(change: LessonChange) -> str:
    """«changed    loops: 2 dialogues stay on the version they began with»."""
    stay = f": {_dialogues(change.dialogues)} on older versions" if change.dialogues else ""
    if change.state == "withdrawn" and change.dialogues:
        stay = f": {_dialogues(change.dialogues)} stay without it in the list"
    return f"{change.state:<10} {change.slug}{stay}"


def _dialogues(count: int) -> str:
    return "1 dialogue" if count == 1 else f"{count} dialogues"


def _lessons(count: int) -> str:
    return "1 lesson" if count == 1 else f"{count} lessons"
