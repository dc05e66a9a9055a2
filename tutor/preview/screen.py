"""Output of the preview: to a terminal, or to a file or pipe, which get plain text."""

import os
import sys
import time
from io import TextIOWrapper
from typing import Final, TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from tutor.preview import render
from tutor.preview.escape import escape
from tutor.protocol import frames

# Lines that do not go to a terminal are never wrapped.
UNLIMITED_WIDTH: Final = 10_000
# The least time between two renderings of a growing answer.
REFRESH_S: Final = 0.08


class OutputClosed(Exception):
    """The reader of the output has gone, as `head` does."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Called by rich, whose own way is to end the process at once."""
        self.quiet = True
        raise OutputClosed


def console_on(file: TextIO | None, *, is_terminal: bool) -> Console:
    """A console; `file` None is whatever sys.stdout is at the time."""
    return _Console(
        file=file,
        force_terminal=is_terminal,
        color_system="auto" if is_terminal else None,
        width=None if is_terminal else UNLIMITED_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )


class Screen:
    """Writes renderables, and the two texts that grow: an answer and a program's output."""

    def __init__(self, console: Console) -> None:
        self._console = console
        # The partial answer.
        self._answer = ""
        # Renders it on a terminal; None while there is none.
        self._live: Live | None = None
        self._refreshed_at = 0.0
        # True while the last output of a program has not ended its line.
        self._midline = False

    @property
    def is_terminal(self) -> bool:
        """True if a person looks at it."""
        return self._console.is_terminal

    def show(self, *parts: RenderableType) -> None:
        """Write renderables, each on lines of its own."""
        self._end_line()
        for part in parts:
            self._console.print(part)

    def note(self, text: str) -> None:
        """Write a line of the preview's own."""
        self.show(render.note(text))

    def warn(self, text: str) -> None:
        """Write a warning."""
        self.show(render.warning(text))

    def _end_line(self) -> None:
        if self._midline:
            self._console.print()
            self._midline = False

    def _write(self, text: Text) -> None:
        self._console.print(text, end="", soft_wrap=True)
        self._midline = not text.plain.endswith("\n")

    # A program's output

    def printed(self, stream: frames.Stream, text: str) -> None:
        """Write a piece of a program's output, as it comes."""
        if text:
            self._write(render.printed(stream, text))

    # An answer of the tutor's

    def add_to_answer(self, text: str) -> None:
        """Write the next piece of the answer."""
        self._answer += text
        if not self.is_terminal:
            self._write(Text(escape(text)))
            return
        if self._live is None:
            self._end_line()
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        now = time.monotonic()
        if now - self._refreshed_at > REFRESH_S:
            self._refreshed_at = now
            self._live.update(render.LastLines(render.Prose(self._answer)), refresh=True)

    def finish_answer(self, text: str) -> None:
        """Write the answer, or an item of it, as it was stored, in the place of its pieces."""
        streamed = self._take_partial()
        if self.is_terminal:
            self.show(render.Prose(text))
        elif streamed and text.startswith(streamed):
            self._write(Text(escape(text[len(streamed) :])))
            self._end_line()
        else:
            self.show(render.Prose(text))

    def discard_partial(self) -> None:
        """Take the pieces back: the answer was withdrawn, or has ended without an item."""
        if self._take_partial() and not self.is_terminal:
            self.note("(What was said last is taken back.)")

    def _take_partial(self) -> str:
        streamed, self._answer = self._answer, ""
        if self._live:
            self._live.stop()
            self._live = None
        return streamed


def discard_output() -> None:
    """Send to /dev/null what Python still writes at its end: nobody reads it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def screen() -> Screen:
    """The process's own output."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal of another encoding gets a question mark, not a traceback.
        sys.stdout.reconfigure(errors="replace")
    return Screen(console_on(None, is_terminal=sys.stdout.isatty()))
