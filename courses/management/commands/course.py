"""`manage.py course ACTION`: the way of a course from an author's editor to the students."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from courses import bundle, check_runner, export, json_schema, program_checks, report, scaffold
from courses.management.sandboxed import sandboxed
from courses.models import Course, KindChanged, LessonChange, Published
from courses.problems import Problem
from courses.source import Checked, CourseSource, check

# Exit codes, as linters have them: 0 all is well, 1 the course has problems, 2 wrong usage.
PROBLEMS = 1
USAGE = 2

FORMATS = ("text", "json", "github")
# The length of the progress bar.
BAR_CHARS = 40


class Command(BaseCommand):
    """For authors: says all that is wrong with a course's files, or publishes it."""

    help = "Begin, check, test, preview, compare, import or export a course."
    # The state of the web site is no matter here.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`course ACTION …`."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        def action(name: str, purpose: str) -> ArgumentParser:
            added: ArgumentParser = actions.add_parser(name, help=purpose, description=purpose)
            return added

        new = action("new", "Write a small course that is complete, to be made into your own.")
        new.add_argument("path", type=Path, help="a folder that is empty or not there")
        new.add_argument("--title", default="", help="the course's title")
        for name, purpose in (
            ("check", "Say everything that is wrong with a course's files."),
            ("diff", "Say what importing a course would change, and which dialogues it touches."),
            ("import", "Check a course and publish it; importing it again changes nothing."),
        ):
            read = action(name, purpose)
            read.add_argument("path", type=Path, help="the course's folder, or a zip file of it")
            read.add_argument(
                "--rev", default="", metavar="REVISION",
                help="as it was at this revision of the git checkout it is in",
            )  # fmt: skip
            if name == "check":
                read.add_argument("--format", choices=FORMATS, default="text")
        test = action(
            "test", "Run all programs of a course in the sandbox: do they do what it says?"
        )
        test.add_argument("path", type=Path, help="the course's folder, or a zip file of it")
        test.add_argument("--lesson", default="", metavar="ID", help="only this lesson")
        test.add_argument("--jobs", type=int, default=settings.SANDBOX_CONCURRENCY, metavar="N")
        test.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit's XML there")
        preview = action(
            "preview", "Show a lesson in this terminal as a student meets it, with the tutor."
        )
        preview.add_argument(
            "path", type=Path, metavar="LESSON",
            help="a lesson's folder, a course's folder or zip file, or COURSE/LESSON of this site",
        )  # fmt: skip
        preview.add_argument("--lesson", default="", metavar="ID", help="this lesson of the course")
        out = action("export", "Write a published course as files into an empty folder.")
        out.add_argument("course", help="the course's id")
        out.add_argument("path", type=Path, help="a folder that is empty or not there")
        form = action("schema", "Write the format's JSON Schemas, for editors.")
        form.add_argument("path", type=Path, nargs="?", help="the folder to write them into")
        form.add_argument(
            "--reference", action="store_true", help="print the format's reference instead"
        )

    def handle(self, *_: Any, action: str, **options: Any) -> None:
        """Exits with a code of this module's; what is printed is for the author."""
        try:
            self._act(action, options)
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

    def _act(self, action: str, options: dict[str, Any]) -> None:
        match action:
            case "new":
                self._new(options["path"], options["title"])
            case "check":
                self._check(options["path"], options["rev"], options["format"])
            case "diff":
                self._diff(options["path"], options["rev"])
            case "import":
                self._import(options["path"], options["rev"])
            case "test":
                self._test(options["path"], options["lesson"], options["jobs"], options["junit"])
            case "preview":
                self._preview(options["path"], options["lesson"])
            case "export":
                self._export(options["course"], options["path"])
            case "schema":
                self._schema(options["path"], reference=options["reference"])

    # From the author to the files

    def _new(self, path: Path, title: str) -> None:
        scaffold.write(path, title)
        self.stdout.write(
            f"{path} holds a course of one lesson. Change it, and look at it again with:\n"
            f"  manage.py course check {path}"
        )

    def _schema(self, path: Path | None, *, reference: bool) -> None:
        if reference:
            self.stdout.write(json_schema.reference(), ending="")
        elif path is None:
            self.stdout.write(json_schema.json_schemas()[json_schema.LESSON_SCHEMA], ending="")
        elif not path.is_dir():
            raise CommandError(f"There is no folder {path}.", returncode=USAGE)
        else:
            self.stdout.write("Written: " + ", ".join(scaffold.write_schemas(path)))

    # From the files to the database

    def _check(self, path: Path, revision: str, form: str) -> None:
        with bundle.opened(path, revision) as folder:
            found = check(folder)
        match form:
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

    def _diff(self, path: Path, revision: str) -> None:
        with bundle.opened(path, revision) as folder:
            source = self._without_errors(check(folder), path, "nothing was compared")
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

    def _import(self, path: Path, revision: str) -> None:
        with bundle.opened(path, revision) as folder:
            found = check(folder)
        source = self._without_errors(found, path, "nothing was imported")
        try:
            published = Course.publish(source)
        except KindChanged as refused:
            file, mark = found.steps[refused.lesson, refused.step]
            problem = Problem.at(file, mark, str(refused))
            self.stdout.write(report.as_text([problem], found.texts, path), ending="")
            self.stderr.write("1 error; nothing was imported.")
            sys.exit(PROBLEMS)
        self.stdout.write(f"{source.title}: {_changes(published)}")

    def _test(self, path: Path, lesson: str, jobs: int, junit: Path | None) -> None:
        with bundle.opened(path) as folder:
            found = check(folder)
        course = self._without_errors(found, path, "nothing was run")
        trials = [one for one in program_checks.trials(course) if lesson in ("", one.lesson)]
        if not trials:
            raise CommandError(f"There is no program in the lesson {lesson}.", returncode=USAGE)
        try:
            with sandboxed(course.image or course.language, jobs) as run:
                summary = check_runner.try_all(trials, run, jobs, self._progress)
        except check_runner.NothingRuns as why:
            raise CommandError(f"The programs could not be run. {why}", returncode=USAGE) from why
        for outcome in summary.failed:
            file, mark = found.steps[outcome.trial.lesson, outcome.trial.step]
            for said in outcome.complaints:
                where = f"{path / file}:{mark.line}:{mark.column}"
                self.stdout.write(f"{where}: {outcome.trial.name}: {said}")
        self.stdout.write(check_runner.table(summary), ending="")
        rate = summary.cases / summary.wall_s
        self.stdout.write(f"{summary.cases} cases in {summary.wall_s:.1f} s, {rate:.0f} a second")
        if junit is not None:
            junit.write_text(check_runner.junit(summary, course.id), encoding="utf-8")
        if summary.failed:
            sys.exit(PROBLEMS)

    def _preview(self, path: Path, lesson: str) -> None:
        # What draws on a terminal and speaks WebSocket is of no use to the other actions.
        from courses.management import previewed

        try:
            if path.exists() or not previewed.names_published(path):
                place = previewed.wanted(path)
                with bundle.opened(place.path) as folder:
                    found = check(folder)
                source = self._without_errors(found, place.path, "nothing is shown")
                chosen = place.lesson(found, source, lesson)
            else:
                source = self._published(path.parent.name)
                chosen = previewed.lesson_of(source, lesson or path.name)
        except previewed.NoLesson as why:
            raise CommandError(str(why), returncode=USAGE) from why
        sys.exit(previewed.preview(source, chosen))

    def _progress(self, done: int, of: int) -> None:
        """A bar on a terminal; nothing where it would end up in a log."""
        if self.stderr.isatty():
            bar = "█" * (done * BAR_CHARS // of)
            end = "\r\x1b[K" if done == of else ""
            self.stderr.write(f"\r{bar:<{BAR_CHARS}} {done}/{of}{end}", ending="")
            self.stderr.flush()

    def _without_errors(self, found: Checked, path: Path, instead: str) -> CourseSource:
        if found.course is not None:
            return found.course
        self.stdout.write(report.as_text(found.problems, found.texts, path), ending="")
        self.stderr.write(f"{_counted(found.problems)}; {instead}.")
        sys.exit(PROBLEMS)

    # From the database to files

    def _export(self, slug: str, path: Path) -> None:
        source = self._published(slug)
        path.mkdir(parents=True, exist_ok=True)
        if next(path.iterdir(), None) is not None:
            raise FileExistsError(f"There is something in {path} already.")
        for name, text in export.files_of(source).items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(text, encoding="utf-8")
        self.stdout.write(f"{_summary(source)}, written to {path}")

    def _published(self, slug: str) -> CourseSource:
        course = Course.objects.filter(slug=slug).first()
        if course is None:
            known = ", ".join(Course.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(
                f"There is no course {slug}. Courses here: {known}.", returncode=USAGE
            )
        return course.source()


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
