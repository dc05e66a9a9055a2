"""`manage.py course ACTION`: the command of `courses`, and what takes a sandbox or a classroom.

Django takes the command of the app that stands first in INSTALLED_APPS, which the tutor does.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from courses import bundle, check_runner, program_checks, report
from courses.facts import CourseSource, LessonSource
from courses.management.commands import course
from courses.management.commands.course import PROBLEMS, USAGE, Action
from courses.problems import Problem
from courses.source import CheckedCourse, check
from tutor.management import preview_target
from tutor.management.sandbox_runner import sandboxed

# The length of the progress bar.
BAR_CHARS = 40


class Command(course.Command):
    """Adds `test`, which runs a course's programs, and `preview`, which shows a lesson."""

    help = "Begin, check, test, preview, compare, import or export a course."

    def actions(self) -> list[Action]:
        """Those of `courses`, and before `export` the two that need more."""
        inherited = super().actions()
        place = [action.name for action in inherited].index("export")
        added = [
            Action(
                "test", "Run all programs of a course in the sandbox: do they do what it says?",
                _add_test, self._test,
            ),
            Action(
                "preview",
                "Show a lesson in this terminal as a student meets it, with the tutor.",
                _add_preview, self._preview,
            ),
        ]  # fmt: skip
        return [*inherited[:place], *added, *inherited[place:]]

    # In the sandbox

    def _test(self, options: dict[str, Any]) -> None:
        path: Path = options["path"]
        lesson, jobs = options["lesson"], options["jobs"]
        junit: Path | None = options["junit"]
        with bundle.open_course(path) as folder:
            found = check(folder)
        source = self.without_errors(found, path, "nothing was run")
        checks = [one for one in program_checks.checks_of(source) if lesson in ("", one.lesson)]
        if not checks:
            raise CommandError(f"There is no program in the lesson {lesson}.", returncode=USAGE)
        self.stdout.write(report.as_text(_about(found, lesson), found.texts, path), ending="")
        try:
            with sandboxed(source.image or source.language, jobs) as run:
                summary = check_runner.run_all(checks, run, jobs, self._progress)
        except check_runner.CannotRun as why:
            raise CommandError(f"The programs could not be run. {why}", returncode=USAGE) from why
        for outcome in summary.failed:
            file, mark = found.steps[outcome.check.lesson, outcome.check.step]
            for said in outcome.complaints:
                where = f"{path / file}:{mark.line}:{mark.column}"
                self.stdout.write(f"{where}: {outcome.check.name}: {said}")
        self.stdout.write(check_runner.table(summary), ending="")
        rate = summary.cases / summary.wall_s
        self.stdout.write(f"{summary.cases} cases in {summary.wall_s:.1f} s, {rate:.0f} a second")
        if junit is not None:
            junit.write_text(check_runner.junit(summary, source.id), encoding="utf-8")
        if summary.failed:
            sys.exit(PROBLEMS)

    def _progress(self, done: int, of: int) -> None:
        """A bar on a terminal; nothing where it would end up in a log."""
        if self.stderr.isatty():
            bar = "█" * (done * BAR_CHARS // of)
            end = "\r\x1b[K" if done == of else ""
            self.stderr.write(f"\r{bar:<{BAR_CHARS}} {done}/{of}{end}", ending="")
            self.stderr.flush()

    # In a classroom

    def _preview(self, options: dict[str, Any]) -> None:
        # What draws on a terminal and speaks WebSocket is of no use to the other actions.
        from tutor import preview

        try:
            source, lesson = self._lesson(options["path"], options["lesson"])
        except preview_target.NoLesson as why:
            raise CommandError(str(why), returncode=USAGE) from why
        sys.exit(preview.preview(source, lesson))

    def _lesson(self, path: Path, lesson: str) -> tuple[CourseSource, LessonSource]:
        if not path.exists() and preview_target.names_published(path):
            source = self.published(path.parent.name)
            return source, preview_target.lesson_of(source, lesson or path.name)
        place = preview_target.wanted(path)
        with bundle.open_course(place.path) as folder:
            found = check(folder)
        source = self.without_errors(found, place.path, "nothing is shown")
        return source, place.lesson(found, source, lesson)


def _about(found: CheckedCourse, lesson: str) -> tuple[Problem, ...]:
    """The warnings about the course; with the id of a lesson, those about its files."""
    folders = {
        file.rpartition("/")[0] for (id_, _), (file, _) in found.steps.items() if id_ == lesson
    }
    return tuple(
        problem
        for problem in found.problems
        if not lesson or any(problem.file.startswith(f"{folder}/") for folder in folders)
    )


def _add_test(parser: ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="the course's folder, or a zip file of it")
    parser.add_argument("--lesson", default="", metavar="ID", help="only this lesson")
    parser.add_argument("--jobs", type=int, default=settings.SANDBOX_CONCURRENCY, metavar="N")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit's XML there")


def _add_preview(parser: ArgumentParser) -> None:
    parser.add_argument(
        "path", type=Path, metavar="LESSON",
        help="a lesson's folder, a course's folder or zip file, or COURSE/LESSON of this site",
    )  # fmt: skip
    parser.add_argument("--lesson", default="", metavar="ID", help="this lesson of the course")
