"""The program in an author's hands: loaded from a file, changed in an editor, stored and shown."""

import asyncio
import os
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Final
from uuid import uuid4

from courses.languages import language_of
from tutor.preview import render
from tutor.preview.client import LessonClient
from tutor.preview.screen import Screen
from tutor.protocol import frames

EDITORS: Final = ("editor", "nano", "vi")
NO_EDITOR: Final = "There is no editor. Name one in the variable EDITOR."
NO_PROGRAM: Final = "This step has no program to change."
KEPT_BESIDE: Final = "The classroom has another program by now; this one is kept beside it."


class ProgramEditor:
    """Changes the program of the shown step, and the files beside it."""

    def __init__(self, client: LessonClient, screen: Screen, language: str) -> None:
        self._client = client
        self._state = client.state
        self._screen = screen
        self._language = language

    async def load(self, file: str) -> bool:
        """Make a file the program; False if that failed, which is shown."""
        try:
            text = _read(file)
        except OSError as error:
            self._screen.warn(f"{file}: {error.strerror or 'it cannot be read'}.")
        except ValueError:
            self._screen.warn(f"{file} is not text in UTF-8.")
        else:
            return await self.replace("", text)
        return False

    async def replace(self, name: str, text: str) -> bool:
        """Store a text as the program, or as the file `name` beside it; False if it was refused."""
        state = self._state
        if not state.is_editable(name):
            self._screen.warn(NO_PROGRAM)
            return False
        state.program = state.with_text(name, text)
        edit = frames.Edit(type="edit", id=uuid4().hex, **state.draft())
        if not await self._client.request(edit, lambda: edit.id in state.saved):
            return False
        if state.program.version:
            self._screen.note(KEPT_BESIDE)
        return True

    async def edit(self, name: str) -> None:
        """Change the program, or the file `name` beside it, in the author's editor."""
        text = self._state.file_text(name)
        if text is None or not self._state.is_editable(name):
            self._screen.warn(f"There is no {name} to change here." if name else NO_PROGRAM)
            return
        edited = await self._edited(text, name or f"program{language_of(self._language).suffix}")
        if edited is None or edited == text:
            self._screen.note("Nothing was changed.")
        elif await self.replace(name, edited):
            self._screen.note(f"Kept: {name or 'the program'}.")

    async def _edited(self, text: str, name: str) -> str | None:
        """The text after a run of the author's editor; None if that failed, which is shown."""
        chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
        editor = (
            shlex.split(chosen) if chosen else [name for name in EDITORS if shutil.which(name)][:1]
        )
        if not editor:
            self._screen.warn(NO_EDITOR)
            return None
        with tempfile.TemporaryDirectory(prefix="preview-edit-") as folder:
            file = Path(folder) / Path(name).name
            file.write_text(text, encoding="utf-8")
            try:
                with self._client.hand_over_terminal():
                    process = await asyncio.create_subprocess_exec(*editor, str(file))
                    code = await process.wait()
                if code == 0:
                    return file.read_text(encoding="utf-8")
                self._screen.warn(f"{editor[0]} has failed.")
            except (OSError, ValueError) as error:
                self._screen.warn(f"{editor[0]}: {error}.")
        return None

    def show(self, name: str) -> None:
        """Show the program, or the file `name` beside it."""
        text = self._state.file_text(name)
        if text is None:
            self._screen.warn(f"There is no {name} beside the program.")
        else:
            self._screen.show(render.Code(text, self._language))


def _read(file: str) -> str:
    return Path(file).expanduser().read_text(encoding="utf-8")
