"""`manage.py course preview` as its user has it: a process, a real classroom, a real sandbox."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from courses.source import CourseSource, read
from tests.running import ROOT, SAMPLE
from tutor.preview import temporary_site

pytestmark = pytest.mark.docker

PATIENCE_S = 150
LESSON = SAMPLE / "every-day-counts"
ENTER, CTRL_C, CTRL_D = b"\r", b"\x03", b"\x04"
# The prompt takes over the terminal.
PROMPT = r"\x1b\[\?2004h"


@dataclass
class Preview:
    """A preview that runs; `folder` holds everything that it writes for a while."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    # What it reads from and what it writes to.
    keys: int
    screen: int
    # All it has written, and how much of that has been looked at.
    written: str = ""
    _seen: int = 0
    # The processes that were seen below it.
    family: set[int] = field(default_factory=set)

    def type(self, text: str | bytes) -> None:
        os.write(self.keys, text.encode() if isinstance(text, str) else text)

    def until(self, pattern: str) -> str:
        """Wait for it; what came up to it."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, self.written[self._seen :], re.DOTALL)):
            assert time.monotonic() < deadline, f"{pattern} is not in {self.written[self._seen :]}"
            assert self._read(), f"ended before {pattern}: {self.written[self._seen :]}"
        passed = self.written[self._seen : self._seen + found.end()]
        self._seen += found.end()
        self.family |= processes_of(self.folder)
        return passed

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE_S)

    def _read(self) -> bool:
        """Take what was written; False at the end."""
        if not select.select([self.screen], [], [], PATIENCE_S)[0]:
            return False
        try:
            text = os.read(self.screen, 65536).decode(errors="replace")
        except OSError:  # the terminal has nobody on it any more
            return False
        self.written += text
        return bool(text)


@contextmanager
def previewed(folder: Path, *arguments: str, terminal: bool = False) -> Iterator[Preview]:
    """A preview for the length of a block; its input and output are pipes or a terminal."""
    env = {
        **os.environ, "OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "DATABASE_URL": "",
        "REDIS_URL": "", "DATA_DIR": str(folder / "site"), "TMPDIR": str(folder),
        "TERM": "xterm-256color", "LANG": "C.UTF-8",
    }  # fmt: skip
    command = [sys.executable, "manage.py", "course", "preview", *arguments]
    (theirs_in, keys), (screen, theirs_out) = _terminal() if terminal else (os.pipe(), os.pipe())
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=theirs_in, stdout=theirs_out, stderr=theirs_out,
        start_new_session=True,
        preexec_fn=_take_terminal if terminal else None,  # noqa: PLW1509  # one thread
    )  # fmt: skip
    for end in {theirs_in, theirs_out}:
        os.close(end)
    running = Preview(process, folder, keys, screen)
    try:
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE_S)
        for end in {keys, screen}:
            os.close(end)


def _terminal() -> tuple[tuple[int, int], tuple[int, int]]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    return (theirs, ours), (ours, theirs)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def processes_of(folder: Path) -> set[int]:
    """The processes that were started with this folder for temporary files."""
    mark = f"TMPDIR={folder}\0".encode()
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes():
                found.add(int(entry.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


def containers_of(processes: set[int]) -> list[str]:
    """The sandbox's containers that these processes have made."""
    listed = subprocess.run(
        ["docker", "ps", "-a", "--format", '{{.Label "tutor.sandbox.owner"}}'],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    mine = tuple(f"{socket.gethostname()}-{number}-" for number in processes)
    return [owner for owner in listed.stdout.split() if owner.startswith(mine)]


def nothing_is_left(preview: Preview) -> None:
    """No process, no container, no file but the site's own."""
    assert processes_of(preview.folder) == set()
    assert containers_of(preview.family) == []
    assert {path.name for path in preview.folder.iterdir()} <= {"site", "course"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place for all that a preview writes, not below the folder of its files."""
    place = tmp_path / "all"
    place.mkdir()
    return place


def test_an_author_goes_through_a_lesson_from_a_script(folder: Path) -> None:
    with previewed(folder, str(LESSON)) as preview:
        preview.until(r"Step 1 of 1 \(code\) mend-the-sum.*Mira is getting back into running")
        preview.type("Why is it wrong?\n")
        preview.until(r"▸ Foretell [^\n]+: .*/answer \? if you don't know\.\n")
        preview.type("/answer 6\n")
        preview.until(r"> /answer 6\n[^\n]+: [^\n]+\nYou expected: 6\n")
        preview.type("/check\n")
        assert re.search(
            r"✗  kilometres\(3\) +It gave `3`\. *\n.*✗ 1 of 4 hidden cases\n",
            preview.until(r"Attempt 1: not passed\n"), re.DOTALL,
        )  # fmt: skip
        assert len(containers_of(preview.family)) > 0
        preview.type("/solution\n/check\n/run\n/quit\n/never\n")
        assert preview.ended() == 0
    said = preview.written
    assert re.search(r"✓ 4 of 4 hidden cases\nAttempt 2: passed\n> /run\nIt ended well", said)
    assert said.endswith("> /quit\n")
    assert "\x1b" not in said
    nothing_is_left(preview)
    assert not (folder / "site" / "tutor.sqlite3").exists()


def test_at_a_terminal_a_program_is_typed_to_and_ctrl_c_ends_it_and_ctrl_d_the_preview(
    folder: Path, tmp_path: Path
) -> None:
    program = tmp_path / "endless.py"
    program.write_text(
        "import time\nprint('hello', input('name? '), '\\x1b]0;evil\\x07\\u202e', flush=True)\n"
        "while True:\n    time.sleep(1)\n"
    )
    reader = tmp_path / "reader.py"
    reader.write_text(
        "import sys\nprint('on', flush=True)\nprint('read', len(list(sys.stdin)), 'lines')\n"
    )
    with previewed(folder, str(LESSON), terminal=True) as preview:
        preview.until(PROMPT)
        preview.type(f"/run {program}".encode() + ENTER)
        preview.until(r"name\? ")
        preview.type("Mira\n")
        preview.until(r"hello Mira ␛\]0;evil␇<U\+202E>")
        preview.type(CTRL_C)
        preview.until(r"Stopping.*was stopped.*" + PROMPT)
        assert containers_of(preview.family)
        preview.type(f"/run {reader}".encode() + ENTER)
        preview.until(r"on\r\n")
        preview.type(b"one\ntwo\n" + CTRL_D)
        preview.until(r"read 2 lines.*It ended well.*" + PROMPT)
        preview.type(CTRL_D)
        assert preview.ended() == 0
    nothing_is_left(preview)


def test_a_preview_that_is_told_to_end_while_a_program_runs_leaves_nothing(
    folder: Path, tmp_path: Path
) -> None:
    program = tmp_path / "endless.py"
    program.write_text("print('on', flush=True)\nwhile True: pass\n")
    with previewed(folder, str(LESSON)) as preview:
        preview.type(f"/run {program}\n")
        preview.until(r"\non\n")
        preview.process.send_signal(signal.SIGTERM)
        assert preview.ended() == 128 + signal.SIGTERM
    nothing_is_left(preview)


def test_a_classroom_that_dies_ends_the_preview_with_the_reason(folder: Path) -> None:
    with previewed(folder, str(LESSON)) as preview:
        preview.until(r"edit changes it\.\n")
        [web] = [pid for pid in preview.family if b"serve" in command_of(pid)]
        os.kill(web, signal.SIGKILL)
        preview.until(r"The connection is lost\..*The classroom has ended with code -9\.")
        assert preview.ended() == 2
    assert processes_of(folder) == set()


def command_of(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def test_a_course_with_errors_is_not_shown_and_says_them_as_check_does(folder: Path) -> None:
    course = folder / "course"
    shutil.copytree(SAMPLE, course)
    lesson = course / "saving-up" / "lesson.yaml"
    lesson.write_text(lesson.read_text().replace("    starter:", "    startr:"))
    with previewed(folder, str(course / "saving-up")) as preview:
        assert preview.ended() == 1
    assert re.search(
        rf"{lesson}:\d+:5: There is no key `startr`\. Did you mean `starter`\?", preview.written
    )
    assert preview.written.endswith("nothing is shown.\n")
    nothing_is_left(preview)


def test_a_classroom_that_cannot_listen_is_said_with_the_end_of_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    course = read(SAMPLE)
    assert isinstance(course, CourseSource)
    # No machine's own: such addresses are for documents.
    monkeypatch.setattr(temporary_site, "HOST", "192.0.2.1")
    with (
        pytest.raises(
            temporary_site.StartFailed, match=r"The classroom has ended(?s:.*)is not free"
        ),
        temporary_site.serve_course(course),
    ):
        pass
