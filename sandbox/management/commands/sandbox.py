"""`sandbox run FILE|-` runs a program in a container; `image`, `check`, `pool` and `reap` care."""

import codecs
import json
import os
import select
import signal
import sys
from argparse import (
    ArgumentParser,
    ArgumentTypeError,
    RawDescriptionHelpFormatter,
)
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn, TextIO, assert_never

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sandbox import container, report
from sandbox.cases import CaseJob, case_from_json
from sandbox.gate.process import become
from sandbox.image.build import BuildError, ensure_image
from sandbox.job import Job, JobError, Result, Status, limits_for
from sandbox.languages import DEFAULT, LANGUAGES, Language, language_named
from sandbox.outcome import STOPPED

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
    help = "Runs programs in the sandbox, without broker and database, and looks after it."
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
        files = {"metavar": "FILE", "action": "append", "default": [], "dest": "files"}
        run.add_argument("--file", help="another file of the program; as often as wanted", **files)  # type: ignore[arg-type]
        cases = 'a JSON list of test cases, {"call": …} or {"stdin": …}'
        run.add_argument("--cases", metavar="FILE", help=cases)
        typing = "what you type while it runs is its input"
        run.add_argument("--interactive", action="store_true", help=typing)
        run.add_argument("--json", action="store_true", help="print one line with the result")
        image = actions.add_parser("image", help="build the image unless it is up to date")
        check = actions.add_parser("check", help="probe the sandbox; 0 if it is what it should be")
        for action in (run, image, check):
            action.add_argument(
                "--language", type=language_of, choices=[*LANGUAGES.values()], default=DEFAULT
            )
        actions.add_parser("pool", help="list the containers there are, and whose they are")
        gate = actions.add_parser("gate", help="let only the sandbox's own calls to the engine")
        gate.add_argument("--listen", metavar="SOCKET", required=True, type=Path)
        gate.add_argument("--engine", metavar="SOCKET", default="/var/run/docker.sock")
        actions.add_parser("reap", help="remove what dead workers have left")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if isinstance(sys.stdout, TextIOWrapper):  # whatever the terminal cannot show, never fail
            sys.stdout.reconfigure(errors="backslashreplace")
        match action:
            case "run":
                also = Also(
                    tuple(options["files"]),
                    options["cases"],
                    options["interactive"],
                    options["language"],
                )
                run(options["file"], options["input"], as_json=options["json"], also=also)
            case "image":
                self.image(options["language"])
            case "check":
                self.say(*report.check(options["language"]))
            case "pool":
                self.say(*report.pool())
            case "gate":
                open_gate(options["listen"], options["engine"])
            case "reap":
                self.say(*report.reap())

    def say(self, lines: list[str], code: int) -> NoReturn:
        for line in lines:
            self.stdout.write(line)
        sys.exit(code)

    def image(self, language: Language) -> None:
        name = language.image(settings.SANDBOX_IMAGE)
        try:
            built = ensure_image(name, self.stdout.write, language)
        except BuildError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{name} is {'built' if built else 'up to date'}.")


def language_of(name: str) -> Language:
    try:
        return language_named(name)
    except ValueError:
        raise ArgumentTypeError(f"invalid Language value: {name!r}") from None


def open_gate(listen: Path, engine: str) -> NoReturn:
    """Become the gate. This process knows the site's secrets; what it becomes does not."""
    become(
        settings.BASE_DIR,
        f"--listen={listen.absolute()}",
        f"--engine={Path(engine).absolute()}",
        f"--image={settings.SANDBOX_IMAGE}",
    )


@dataclass(frozen=True)
class Also:
    """What a run may have besides a program: other files, a file with test cases, somebody who
    types; and what the program is written in."""

    files: tuple[str, ...] = ()
    cases: str | None = None
    interactive: bool = False
    language: Language = DEFAULT


NOTHING_ELSE = Also()


class Terminal:
    """The observer at a terminal: prints what comes unless `quiet`; Ctrl-C stops the run.

    Nobody reading any more (`| head -1`) stops it too.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        # Whether the run is followed, so that it can be asked to stop; whether it was asked.
        self._followed = False
        self._stopped = False
        # Whether nobody reads any more.
        self.gone = False
        # A character may be typed in two halves.
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def printed(self, stream: str, text: str) -> None:
        if stream == "stdin":
            return  # a terminal shows by itself what is typed
        if not self._quiet and not self.gone:
            self.gone = not write(sys.stdout if stream == "stdout" else sys.stderr, text)

    def cancelled(self) -> bool:
        self._followed = True
        return self._stopped or self.gone

    def typed(self) -> str | None:
        """What has come on our own input, without waiting for it."""
        if not sys.stdin:  # it was closed before we came
            return None
        if not select.select([sys.stdin], [], [], 0)[0]:
            return ""
        data = os.read(sys.stdin.fileno(), 4096)
        text = self._decode(data, not data)
        return text if data or text else None

    def interrupt(self, *_: object) -> None:
        """Handle SIGINT. The first one keeps what was printed; a second one waits for nothing."""
        if self._stopped or not self._followed:
            raise KeyboardInterrupt
        self._stopped = True


def write(target: TextIO, text: str) -> bool:
    """Write at once; False if nobody reads. What is written there later goes nowhere."""
    try:
        target.write(text)
        target.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, target.fileno())
        os.close(nowhere)
        return False
    return True


def run(file: str, stdin: str | None, *, as_json: bool, also: Also = NOTHING_ELSE) -> NoReturn:
    """Run the program in `file` and exit; a message follows its output where that is not enough."""
    terminal = Terminal(quiet=as_json)
    result, code = outcome(file, stdin, terminal, also)
    if as_json:
        write(sys.stdout, json.dumps(result.to_json()) + "\n")
        sys.exit(code)
    for observation in result.observations:
        write(sys.stdout, json.dumps(observation.to_json()) + "\n")
    if result.message and not terminal.gone:
        write(sys.stderr, result.message + "\n")
    sys.exit(code)


def outcome(
    file: str, stdin: str | None, terminal: Terminal, also: Also = NOTHING_ELSE
) -> tuple[Result, int]:
    """The result and the exit code, whatever is wrong with the files."""
    try:
        job = Job(
            _read(file),
            _read(stdin) if stdin else "",
            files=tuple((Path(name).name, _read(name)) for name in also.files),
            cases=_cases(also.cases) if also.cases else (),
            interactive=also.interactive,
            limits=limits_for(also.language),
            language=also.language,
        )
    except JobError as error:
        return Result(Status.ERROR, message=str(error)), REFUSED
    except UnreadableError as error:
        return Result(Status.ERROR, message=str(error)), UNREADABLE
    before = signal.signal(signal.SIGINT, terminal.interrupt)
    try:
        result = container.run(
            job,
            image=also.language.image(settings.SANDBOX_IMAGE),
            observer=terminal,
        )
    except KeyboardInterrupt:
        result = Result(Status.CANCELLED, message=STOPPED)
    finally:
        signal.signal(signal.SIGINT, before)
    return result, exit_code(result)


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


class UnreadableError(Exception):
    """A file that holds no program. Its text names the file and says why."""


def _read(file: str) -> str:
    """The text of `file`, newlines as they are; - is standard input. Raises UnreadableError."""
    if file == "-" and not sys.stdin:
        raise UnreadableError("-: standard input is closed")
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode()
    except OSError as error:
        raise UnreadableError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnreadableError(f"{file}: not a text in UTF-8") from None


def _cases(file: str) -> tuple[CaseJob, ...]:
    """Raises UnreadableError if it is no list of cases."""
    try:
        return tuple(case_from_json(dict(case)) for case in json.loads(_read(file)))
    except (ValueError, TypeError) as error:
        raise UnreadableError(f"{file}: no list of test cases: {error}") from None
