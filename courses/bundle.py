"""A course from wherever it is kept: a folder, a zip file, or a git checkout at a revision."""

import contextlib
import io
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

# The most that a packed course may hold. A thousand lessons of ten files are far below.
MAX_FILES = 20_000
MAX_BYTES = 200 * 1024 * 1024
# A zip file that is uploaded: far more than a course of texts needs.
MAX_ZIP_BYTES = 20 * 1024 * 1024
GIT_S = 60


class BundleError(Exception):
    """No course can be read there. The text is for the person who named the place."""


@contextlib.contextmanager
def open_course(path: Path, revision: str = "") -> Iterator[Path]:
    """The folder of the course at `path`, for the length of a block.

    Raises BundleError. What is packed is unpacked into a folder of its own, which is removed.
    """
    if revision:
        with tempfile.TemporaryDirectory(prefix="course-") as folder:
            _from_git(path, revision, Path(folder))
            yield Path(folder)
    elif _is_file(path):
        with tempfile.TemporaryDirectory(prefix="course-") as folder, path.open("rb") as file:
            yield unpack(file, Path(folder))
    else:
        yield path


def unpack(file: BinaryIO, folder: Path) -> Path:
    """The course of the zip `file`, unpacked into the empty `folder`. Raises BundleError.

    The course may stand at the top of the zip, or in the one folder that is there.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            infos = packed.infolist()
            if len(infos) > MAX_FILES or sum(info.file_size for info in infos) > MAX_BYTES:
                raise BundleError("The zip file holds more than a course can hold.")
            left = MAX_BYTES
            for info in infos:
                if not info.is_dir():
                    left -= _write(folder, info.filename, packed.open(info), left)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        # RuntimeError: encrypted. NotImplementedError: packed in a way unknown here.
        raise BundleError("This is not a zip file that can be read.") from error
    return _course_in(folder)


def _is_file(path: Path) -> bool:
    try:
        if path.is_dir():
            return False
        if path.suffix.lower() == ".zip" and path.is_file():
            return True
        exists = path.exists()
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or 'it cannot be read'}.") from error
    if exists:
        message = f"{path} is a file; give the folder that holds course.yaml, or a zip file of it."
        raise BundleError(message)
    raise BundleError(f"There is no folder {path}.")


def _from_git(path: Path, revision: str, folder: Path) -> None:
    """The files below `path` as they were at `revision`. Nothing of the checkout is changed."""
    if revision.startswith("-"):
        raise BundleError(f"{revision} is not a revision.")
    command = ["git", "-C", str(path), "archive", "--format=tar", revision, "."]
    try:
        packed = subprocess.run(  # noqa: S603 - no shell; the revision is no option, see above
            command, capture_output=True, timeout=GIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise BundleError("git could not be run, or took too long.") from error
    if packed.returncode:
        lines = packed.stderr.decode(errors="replace").strip().splitlines()
        raise BundleError(f"git says: {lines[-1] if lines else 'no such revision here'}.")
    left = MAX_BYTES
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
        for member in files:
            content = files.extractfile(member) if member.isfile() else None
            if content is not None:
                left -= _write(folder, member.name, content, left)


def _write(folder: Path, name: str, content: IO[bytes], left: int) -> int:
    """Write one packed file below `folder`; how many bytes it had. Only plain names inside."""
    inside = PurePosixPath(name.replace("\\", "/"))
    if inside.is_absolute() or ".." in inside.parts or "\0" in name:
        raise BundleError(f"The name {name[:80]!r} leads out of the course's folder.")
    target = folder.joinpath(*inside.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    # The size that a zip declares may be a lie; what is read is what counts.
    raw = content.read(left + 1)
    if len(raw) > left:
        raise BundleError("The file holds more than a course can hold.")
    target.write_bytes(raw)
    return len(raw)


def _course_in(folder: Path) -> Path:
    if (folder / "course.yaml").exists():
        return folder
    # macOS adds a folder of its own to every zip file.
    inside = [path for path in folder.iterdir() if path.is_dir() and path.name != "__MACOSX"]
    return inside[0] if len(inside) == 1 else folder
