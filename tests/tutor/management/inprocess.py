"""A series of programs run in this process: for our own courses' programs, as course tests are."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from courses.audience import File
from courses.facts import Case
from sandbox.cases import ProgramCase
from sandbox.series import Try
from tests.courses.inprocess import observe

# Standard streams and the current folder are those of the whole process.
ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Seen:
    """An observation, which is JSON already."""

    seen: Any

    def to_json(self) -> Any:
        """As the sandbox's own."""
        return self.seen


class SeriesHere:
    """In place of the sandbox's series; keeps how many containers and programs there were."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Of each container the files in it.
        self.opened: list[list[tuple[str, str]]] = []
        self.tried: list[ProgramCase] = []
        monkeypatch.setattr("tutor.management.series.open_series", self.open)

    @contextlib.contextmanager
    def open(
        self,
        image: str,
        language: Any,
        *,
        files: Sequence[tuple[str, str]] = (),
        limits: Any = None,
    ) -> Iterator[Try]:
        """As `sandbox.series.open_series`."""
        del image, language, limits
        self.opened.append(list(files))
        beside = [File(path, text) for path, text in files]

        def tries(batch: Sequence[ProgramCase]) -> list[Any]:
            with ONE_AT_A_TIME:
                self.tried += batch
                return [Seen(_observed(one, beside)) for one in batch]

        yield tries


def _observed(tried: ProgramCase, files: Sequence[File]) -> Any:
    asked = tried.case.to_json()
    case = Case(str(asked.get("call", "")), stdin=str(asked.get("stdin", "")))
    [seen] = observe(tried.program, [case], files)
    return seen
