"""Stamps: what a step was last done for, so that it is done again only when that has changed."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from .steps import ROOT, VAR


def files(folder: Path, *, without: frozenset[str] = frozenset()) -> Iterator[Path]:
    """All files below the folder in a fixed order; nothing below a folder named in `without`."""
    for path in sorted(folder.iterdir()):
        if path.name in without:
            continue
        if path.is_dir():
            yield from files(path, without=without)
        else:
            yield path


def fingerprint(paths: Iterable[Path], *words: str) -> str:
    """A hash of the files' names and contents, and of the words."""
    whole = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        content = path.read_bytes()
        whole.update(f"\0{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()


def is_done(name: str, print_of_it: str) -> bool:
    """Whether the step was finished for exactly this fingerprint."""
    try:
        return (VAR / "stamps" / name).read_text() == print_of_it
    except FileNotFoundError:
        return False


def begin(name: str) -> None:
    """Takes the stamp away: a step that is interrupted counts as not done."""
    (VAR / "stamps" / name).unlink(missing_ok=True)


def done(name: str, print_of_it: str) -> None:
    """Stamps the step as finished."""
    (VAR / "stamps").mkdir(parents=True, exist_ok=True)
    (VAR / "stamps" / name).write_text(print_of_it)
