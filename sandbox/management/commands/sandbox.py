"""`sandbox run FILE|-`: run a program in a container. `sandbox image`: build the image for it."""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, assert_never

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sandbox import container
from sandbox.image.build import BuildError, ensure_image
from sandbox.job import Job, JobError, Result, Status

EXIT_CODES = """\
exit codes of `run`: the program's own if it ended by itself (0 to 123 leave no doubt); otherwise
   65  the program was refused         124  time limit
   66  the file cannot be read         125  output limit
   69  the sandbox is unavailable      126  waited for input
   70  the sandbox failed              130  cancelled
                                       137  memory limit
                                       139  crashed
"""
REFUSED, UNREADABLE = 65, 66


class Command(BaseCommand):
    help = "Runs programs in the sandbox, without broker and database, and builds its image."
    requires_system_checks: list[str] = []

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        return super().create_parser(
            *args, epilog=EXIT_CODES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        run = actions.add_parser("run", help="run a program and exit with its code")
        run.add_argument("file", help="a Python file; - reads the program from standard input")
        run.add_argument("--input", metavar="FILE", help="what the program reads from its input")
        run.add_argument("--json", action="store_true", help="print one line with the result")
        actions.add_parser("image", help="build the image unless it is up to date")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        match action:
            case "run":
                run(options["file"], options["input"], as_json=options["json"])
            case "image":
                self.image()

    def image(self) -> None:
        try:
            built = ensure_image(settings.SANDBOX_IMAGE, self.stdout.write)
        except BuildError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{settings.SANDBOX_IMAGE} is {'built' if built else 'up to date'}.")


class Terminal:
    """The observer that prints what the program prints, as it comes."""

    def printed(self, stream: str, text: str) -> None:
        target = sys.stdout if stream == "stdout" else sys.stderr
        target.write(text)
        target.flush()

    def cancelled(self) -> bool:
        return False


def run(file: str, stdin: str | None, *, as_json: bool) -> NoReturn:
    """Run the program in `file` and exit; a message follows its output where that is not enough."""
    try:
        job = Job(_read(file), _read(stdin) if stdin else "")
    except JobError as error:
        result, code = Result(Status.ERROR, message=str(error)), REFUSED
    else:
        observer = None if as_json else Terminal()
        try:
            result = container.run(job, image=settings.SANDBOX_IMAGE, observer=observer)
        except KeyboardInterrupt:
            result = Result(Status.CANCELLED, message="Stopped.")
        code = exit_code(result)
    if as_json:
        print(json.dumps(asdict(result)))
    elif result.message:
        print(result.message, file=sys.stderr)
    sys.exit(code)


def exit_code(result: Result) -> int:
    match result.status:
        case Status.OK | Status.ERROR:
            return result.exit_code if result.exit_code is not None else REFUSED
        case Status.TIMEOUT:
            return 124
        case Status.OUTPUT_LIMIT:
            return 125
        case Status.IDLE:
            return 126
        case Status.CANCELLED:
            return 130
        case Status.MEMORY:
            return 137
        case Status.CRASHED:
            return 139
        case Status.UNAVAILABLE:
            return 69
        case Status.SANDBOX_ERROR:
            return 70
        case _:
            assert_never(result.status)


def _read(file: str) -> str:
    """The text of `file`, newlines as they are; - is standard input."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}", returncode=UNREADABLE) from None
    except UnicodeDecodeError:
        raise CommandError(f"{file}: not a text in UTF-8", returncode=UNREADABLE) from None
