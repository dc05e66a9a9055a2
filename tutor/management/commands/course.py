"""`manage.py course ACTION`: the command of `courses`, and what takes a sandbox or a classroom.

Django takes the command of the app that stands first in INSTALLED_APPS, which the tutor does.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from courses import bundle, check_runner, program_checks, report, text_checks
from courses.facts import CourseSource, LessonSource
from courses.management.commands import course
from courses.management.commands.course import PROBLEMS, USAGE, Action
from courses.problems import Problem
from courses.source import CheckedCourse, check
from courses.text_checks import TextOutcome
from tutor.management import preview_target, text_judging
from tutor.management.sandbox_runner import sandboxed
from tutor.management.text_judging import TextsJudged

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
        place = source.image or source.language
        try:
            with sandboxed(place, jobs) as run:
                summary = check_runner.run_all(checks, run, jobs, self._progress)
            told = [one for one in text_checks.texts_of(source) if lesson in ("", one.lesson)]
            texts = text_judging.judge_texts(told, place, jobs, self._progress)
        except check_runner.CannotRun as why:
            raise CommandError(f"The programs could not be run. {why}", returncode=USAGE) from why
        for outcome in summary.failed:
            file, mark = found.steps[outcome.check.lesson, outcome.check.step]
            for said in outcome.complaints:
                where = f"{path / file}:{mark.line}:{mark.column}"
                self.stdout.write(f"{where}: {outcome.check.name}: {said}")
        leaks = _problems(found, texts.outcomes)
        self.stdout.write(report.as_text(leaks, found.texts, path), ending="")
        self.stdout.write(check_runner.table(summary), ending="")
        rate = summary.cases / summary.wall_s
        self.stdout.write(f"{summary.cases} cases in {summary.wall_s:.1f} s, {rate:.0f} a second")
        self.stdout.write(_summed_up(texts, len(leaks)))
        if junit is not None:
            xml = check_runner.junit(summary, source.id, texts.outcomes)
            junit.write_text(xml, encoding="utf-8")
        if summary.failed or leaks:
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


def _problems(found: CheckedCourse, texts: Sequence[TextOutcome]) -> list[Problem]:
    """The complaints about texts, each at the place of its text."""
    return [
        Problem.at(*found.place_of(one.check.lesson, one.check.step.id, *one.check.place), said)
        for one in texts
        for said in one.complaints
    ]


def _summed_up(texts: TextsJudged, problems: int) -> str:
    """«12 texts in 0.3 s: none solves its step»."""
    count = len(texts.outcomes)
    many = "1 text" if count == 1 else f"{count} texts"
    result = f"{problems} must not stay" if problems else "none solves its step"
    return f"{many} in {texts.wall_s:.1f} s: {result}"


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
