"""Input from an author: lines at a prompt on a terminal, or from a file or pipe."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle

from tutor.preview import commands
from tutor.preview.screen import Screen

CHUNK_BYTES: Final = 4096


class Interrupted(Exception):
    """Ctrl+C at the prompt."""


class InputSource(Protocol):
    """Where the commands come from."""

    # True if lines can go to a program that runs.
    is_interactive: bool

    async def line(self, prompt: str) -> str | None:
        """The next line; None if there will be none. Raises Interrupted."""

    def forward_lines(self, take: Callable[[str], None]) -> contextlib.AbstractContextManager[None]:
        """For the length of a block, give `take` each line that is typed, and "" at the end."""


class TerminalInput:
    """A person at a terminal, with a history and completion of commands."""

    is_interactive = True

    def __init__(self) -> None:
        names = WordCompleter([f"/{name}" for name in commands.NAMES], sentence=True)
        self._session: PromptSession[str] = PromptSession(
            completer=names, complete_while_typing=False, complete_style=CompleteStyle.READLINE_LIKE
        )

    async def line(self, prompt: str) -> str | None:
        """The next line; None after Ctrl+D. Raises Interrupted."""
        try:
            # Output that comes meanwhile appears above the prompt.
            with patch_stdout(raw=True):
                return await self._session.prompt_async(prompt, handle_sigint=False)
        except EOFError:
            return None
        except KeyboardInterrupt:
            raise Interrupted from None

    @contextlib.contextmanager
    def forward_lines(self, take: Callable[[str], None]) -> Iterator[None]:
        """Lines as the terminal gives them: with its own editing and echo."""
        loop, keys = asyncio.get_running_loop(), sys.stdin.fileno()

        def typed() -> None:
            text = os.read(keys, CHUNK_BYTES).decode(errors="replace")
            if not text:
                loop.remove_reader(keys)
            take(text)

        loop.add_reader(keys, typed)
        try:
            yield
        finally:
            loop.remove_reader(keys)


class PipedInput:
    """Lines of a file or pipe. They are repeated, so that what is written reads as a dialogue."""

    # It cannot be told which line is for a program and which comes after it.
    is_interactive = False

    def __init__(self, screen: Screen, file: int) -> None:
        self._screen = screen
        self._file = file
        # Bytes of a line that is not whole yet; True at the end of the file.
        self._rest = b""
        self._ended = False

    async def line(self, prompt: str) -> str | None:
        """The next line, without its end; None if there is none left."""
        while b"\n" not in self._rest and not self._ended:
            chunk = await self._read()
            self._rest += chunk
            self._ended = not chunk
        if not self._rest:
            return None
        line, _, self._rest = self._rest.partition(b"\n")
        text = line.decode(errors="replace")
        self._screen.note(f"{prompt}{text}")
        return text

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        try:
            loop.add_reader(self._file, _settle, ready)
        except PermissionError:
            return os.read(self._file, CHUNK_BYTES)  # a plain file, which never lets wait
        try:
            await ready
        finally:
            loop.remove_reader(self._file)
        return os.read(self._file, CHUNK_BYTES)

    @contextlib.contextmanager
    def forward_lines(self, take: Callable[[str], None]) -> Iterator[None]:
        """Forwards nothing: the lines are commands."""
        yield


def _settle(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def open_input(screen: Screen) -> InputSource:
    """The process's standard input."""
    if sys.stdin.isatty() and screen.is_terminal:
        return TerminalInput()
    return PipedInput(screen, sys.stdin.fileno())
