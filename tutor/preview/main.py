"""The life of one preview, from its start to its exit code."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Final

from courses.facts import CourseSource, LessonSource
from tutor.preview import shell, temporary_site
from tutor.preview.client import LessonClient
from tutor.preview.connection import SiteGone
from tutor.preview.input import InputSource, open_input
from tutor.preview.screen import OutputClosed, Screen, discard_output, screen
from tutor.preview.state import LessonState

START_FAILED_EXIT: Final = 2
# Added to a signal's number, as a shell reports it.
SIGNAL_EXIT: Final = 128


def preview(course: CourseSource, lesson: LessonSource) -> int:
    """Show a lesson of the course until its author leaves; the exit code."""
    shown = screen()
    try:
        with _ended_by_signals():
            shown.note("Preparing a classroom of its own for this preview …")
            with temporary_site.serve_course(course) as site:
                return asyncio.run(_run(site, course, lesson, shown))
    except KeyboardInterrupt:
        return SIGNAL_EXIT + signal.SIGINT
    except OutputClosed:
        discard_output()
        return SIGNAL_EXIT + signal.SIGPIPE
    except (temporary_site.StartFailed, SiteGone) as why:
        shown.warn(str(why))
        return START_FAILED_EXIT


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """For the length of a block, SIGTERM and SIGHUP end it as an exception would."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(SIGNAL_EXIT + number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, end) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


async def _run(
    site: temporary_site.TemporarySite,
    course: CourseSource,
    lesson: LessonSource,
    shown: Screen,
) -> int:
    client = LessonClient(site, course.id, LessonState(lesson), shown)
    source: InputSource = open_input(shown)
    session = asyncio.create_task(shell.Shell(client, shown, source, course.language).run())
    connection = asyncio.create_task(client.run())
    code = 0
    loop = asyncio.get_running_loop()

    def leave(number: int) -> None:
        nonlocal code
        code = SIGNAL_EXIT + number
        session.cancel()

    def interrupted() -> None:
        if client.cancel():
            shown.note("Stopping … (Ctrl+C once more leaves)")
        elif source.is_interactive:
            session.cancel()  # a person who leaves on purpose
        else:
            leave(signal.SIGINT)

    loop.add_signal_handler(signal.SIGINT, interrupted)
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, leave, number)
    await asyncio.wait({session, connection}, return_when=asyncio.FIRST_COMPLETED)
    for task in (session, connection):
        task.cancel()
    ends = await asyncio.gather(session, connection, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
    return code
