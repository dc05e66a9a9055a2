"""One preview from its beginning to its end, and what ends it."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Final

from courses.facts import CourseSource, LessonSource
from tutor.preview import shell, temporary_site
from tutor.preview.client import Page
from tutor.preview.connection import Gone
from tutor.preview.input import Typist, typist
from tutor.preview.screen import Screen, Unread, forget_output, screen
from tutor.preview.state import Desk

NOT_UP: Final = 2
# What a shell reports for a program that a signal ended.
BY_SIGNAL: Final = 128


def preview(course: CourseSource, lesson: LessonSource) -> int:
    """Show a lesson of the course until its author leaves; the exit code."""
    shown = screen()
    try:
        with _ended_by_signals():
            shown.note("Preparing a classroom of its own for this preview …")
            with temporary_site.stage(course) as classroom:
                return asyncio.run(_show(classroom, course, lesson, shown))
    except KeyboardInterrupt:
        return BY_SIGNAL + signal.SIGINT
    except Unread:
        forget_output()
        return BY_SIGNAL + signal.SIGPIPE
    except (temporary_site.NotUp, Gone) as why:
        shown.trouble(str(why))
        return NOT_UP


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """For the length of a block, SIGTERM and SIGHUP end it as an exception would."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(BY_SIGNAL + number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, end) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


async def _show(
    classroom: temporary_site.Stage, course: CourseSource, lesson: LessonSource, shown: Screen
) -> int:
    page = Page(classroom, course.id, Desk(lesson), shown)
    author: Typist = typist(shown)
    talk = asyncio.create_task(shell.Visit(page, shown, author, course.language).run())
    connection = asyncio.create_task(page.run())
    code = 0
    loop = asyncio.get_running_loop()

    def leave(number: int) -> None:
        nonlocal code
        code = BY_SIGNAL + number
        talk.cancel()

    def interrupted() -> None:
        if page.end():
            shown.note("Stopping … (Ctrl+C once more leaves)")
        elif author.types_to_programs:
            talk.cancel()  # a person who leaves on purpose
        else:
            leave(signal.SIGINT)

    loop.add_signal_handler(signal.SIGINT, interrupted)
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, leave, number)
    await asyncio.wait({talk, connection}, return_when=asyncio.FIRST_COMPLETED)
    for task in (talk, connection):
        task.cancel()
    ends = await asyncio.gather(talk, connection, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
    return code
