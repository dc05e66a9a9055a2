"""What a program leaves behind, and what the host makes of it."""

import struct
import zlib
from pathlib import Path

import pytest

from sandbox.files import DOWNLOAD, PNG, PNG_END, PNG_MAGIC, TEXT, OutputFile
from sandbox.inside.wire import WireError
from sandbox.job import Job, Result, Status

from .conftest import SHORT, Sandbox


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * min(height * (1 + (width + 7) // 8), 10_000))
    return PNG_MAGIC + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def parsed(name: str, data: bytes) -> OutputFile:
    return OutputFile.parse(b'{"name": "%s", "skipped": ""}\n' % name.encode() + data)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.png", png(3, 2), PNG), ("a.txt", "ä".encode(), TEXT), ("a.bin", b"\xff", DOWNLOAD),
        ("a.svg", b"<svg/>", DOWNLOAD), ("a.txt", b" <SVG onload=x>", DOWNLOAD),
        ("a.HTML", b"hello", DOWNLOAD), ("a.txt", b"<html>", DOWNLOAD), ("a.txt", b"\0", DOWNLOAD),
    ],
)  # fmt: skip
def test_only_a_picture_or_plain_text_is_shown(name: str, data: bytes, kind: str) -> None:
    assert parsed(name, data) == OutputFile(name, kind, data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (png(40_000, 40_000), "40000 × 40000"), (PNG_MAGIC, "damaged"), (png(0, 5), "damaged"),
        (png(3, 3)[:-4], "damaged"), (PNG_MAGIC + b"x" * 60 + PNG_END, "damaged"),
    ],
    ids=["bomb", "magic", "empty", "cut", "nonsense"],
)  # fmt: skip
def test_a_picture_that_is_none_or_too_large_is_left_out(data: bytes, reason: str) -> None:
    found = parsed("a.png", data)
    assert found.data == b""
    assert reason in found.skipped


@pytest.mark.parametrize("payload", [b"", b"{}\n", b"[]\nx", b'{"name": 3, "skipped": ""}\n'])
def test_a_file_that_no_supervisor_sends_is_an_error_of_the_wire(payload: bytes) -> None:
    with pytest.raises(WireError):
        OutputFile.parse(payload)


def test_a_name_is_shown_without_what_could_pass_for_something_else() -> None:
    found = OutputFile.parse('{"name": "a\\n\u202e.txt", "skipped": ""}\n'.encode())
    assert found.name == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}.txt"


def left(result: Result) -> dict[str, str]:
    """Name to content, or to the reason why there is none."""
    return {file.name: file.skipped or file.data.decode() for file in result.files}


@pytest.mark.docker
def test_the_files_of_a_program_come_back_and_its_own_sources_do_not(sandbox: Sandbox) -> None:
    code = "import helper\nopen('out.csv', 'w').write('a,b')\nopen('data.txt', 'a').write('+')"
    files = (("helper.py", ""), ("data.txt", "x"), ("same.txt", "y"))
    result = sandbox.do(Job(code, files=files))
    assert (result.stderr, result.status) == ("", Status.OK)
    assert left(result) == {"out.csv": "a,b", "data.txt": "x+"}


@pytest.mark.docker
def test_a_file_that_was_never_closed_is_whole(sandbox: Sandbox) -> None:
    result = sandbox.run("file = open('a.txt', 'w')\nfile.write('whole')\ndef f(): return file")
    assert left(result) == {"a.txt": "whole"}


ODD = """
import os, socket
os.symlink('/etc/passwd', 'link')
os.link('main.py', 'hard')
os.mkdir('folder')
socket.socket(socket.AF_UNIX).bind('socket')
with open('sparse', 'w') as file: file.truncate(8 << 20)
open(b'odd\\xff\\n', 'w').write('x')
open('secret', 'w').close(); os.chmod('secret', 0)
"""


@pytest.mark.docker
def test_what_is_not_a_plain_file_is_left_out_with_a_reason(sandbox: Sandbox) -> None:
    result = sandbox.run(ODD)
    assert (result.stderr, result.status) == ("", Status.OK)
    found = left(result)
    assert found.pop("hard") == ODD
    (odd,) = [name for name in found if name.startswith("odd")]
    assert found.pop(odd) == "x"
    assert "\n" not in odd
    assert found == {
        "link": "not a regular file",
        "folder": "not a regular file",
        "socket": "not a regular file",
        "sparse": "larger than 2048 KiB",
        "secret": "cannot be read",
    }


@pytest.mark.docker
def test_of_too_many_files_the_first_are_kept_and_the_rest_is_counted(sandbox: Sandbox) -> None:
    result = sandbox.run("for n in range(1500): open(f'{n:04}', 'w').write(str(n))")
    assert len(result.files) == 17
    assert result.files[15] == OutputFile("0015", TEXT, b"15")
    assert "1484 more files" in result.files[16].skipped


@pytest.mark.docker
def test_files_that_are_large_together_stop_at_the_limit(sandbox: Sandbox) -> None:
    result = sandbox.run("for n in range(5): open(str(n), 'w').write('x' * (1 << 21))")
    assert [bool(file.skipped) for file in result.files] == [False] * 3 + [True] * 2


@pytest.mark.docker
def test_files_are_kept_of_a_program_that_had_to_be_stopped(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    code = "with open('a.txt', 'w') as file: file.write('x')\nwhile True: pass"
    result = sandbox.run(code, limits=SHORT)
    assert (result.status, left(result)) == (Status.TIMEOUT, {"a.txt": "x"})
