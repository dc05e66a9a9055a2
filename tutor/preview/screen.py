"""Where a preview is written: a terminal, or a file or pipe, which get plain text."""

import os
import sys
import time
from io import TextIOWrapper
from typing import Final, TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from tutor.preview import render
from tutor.preview.escape import inert
from tutor.protocol import frames

# Nothing that is not a terminal has an end of the line.
ENDLESS: Final = 10_000
# A growing answer is set again at most this often.
REFRESH_S: Final = 0.08


class Unread(Exception):
    """Whoever read what is written has gone, as `head` does."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Called by rich; its own way would end the process in the middle of everything."""
        self.quiet = True
        raise Unread


def console_on(file: TextIO | None, *, is_terminal: bool) -> Console:
    """A console; `file` None is whatever sys.stdout is at the time."""
    return _Console(
        file=file,
        force_terminal=is_terminal,
        color_system="auto" if is_terminal else None,
        width=None if is_terminal else ENDLESS,
        highlight=False,
        markup=False,
        emoji=False,
    )


class Screen:
    """Writes whole things, and the two that grow: an answer and a program's output."""

    def __init__(self, console: Console) -> None:
        self._console = console
        # What has come of the answer that is being written.
        self._answer = ""
        # Shows it on a terminal; None while there is none.
        self._live: Live | None = None
        self._refreshed_at = 0.0
        # Whether the last thing that was printed by a program did not end its line.
        self._midline = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it."""
        return self._console.is_terminal

    def show(self, *parts: RenderableType) -> None:
        """Write whole things, each on lines of its own."""
        self._end_line()
        for part in parts:
            self._console.print(part)

    def note(self, text: str) -> None:
        """Write something of our own."""
        self.show(render.note(text))

    def trouble(self, text: str) -> None:
        """Write what went wrong."""
        self.show(render.trouble(text))

    def _end_line(self) -> None:
        if self._midline:
            self._console.print()
            self._midline = False

    def _write(self, text: Text) -> None:
        self._console.print(text, end="", soft_wrap=True)
        self._midline = not text.plain.endswith("\n")

    # What a program prints

    def printed(self, stream: frames.Stream, text: str) -> None:
        """Write what a program printed, as it comes."""
        if text:
            self._write(render.printed(stream, text))

    # What the tutor says

    def spoken(self, text: str) -> None:
        """The next piece of an answer."""
        self._answer += text
        if not self.is_terminal:
            self._write(Text(inert(text)))
            return
        if self._live is None:
            self._end_line()
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        now = time.monotonic()
        if now - self._refreshed_at > REFRESH_S:
            self._refreshed_at = now
            self._live.update(render.Tail(render.Prose(self._answer)), refresh=True)

    def said(self, text: str) -> None:
        """An answer, or a part of it, as it was stored: takes the place of its pieces."""
        streamed = self._forget()
        if self.is_terminal:
            self.show(render.Prose(text))
        elif streamed and text.startswith(streamed):
            self._write(Text(inert(text[len(streamed) :])))
            self._end_line()
        else:
            self.show(render.Prose(text))

    def unsaid(self) -> None:
        """The pieces of an answer are taken back, or nothing more comes of it."""
        if self._forget() and not self.is_terminal:
            self.note("(What was said last is taken back.)")

    def _forget(self) -> str:
        streamed, self._answer = self._answer, ""
        if self._live:
            self._live.stop()
            self._live = None
        return streamed


def forget_output() -> None:
    """Nobody reads: what Python still has to write at its end goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def screen() -> Screen:
    """The process's own output."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal of another encoding gets a question mark, not a traceback.
        sys.stdout.reconfigure(errors="replace")
    return Screen(console_on(None, is_terminal=sys.stdout.isatty()))
