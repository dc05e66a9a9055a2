"""Series of programs for commands: in a container of its own, without rows and without a worker."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from . import container
from .cases import Observation, ProgramCase
from .container import ENGINE_ERRORS, Container
from .inside.wire import WireError
from .job import Job, Limits, check_program_case, limits_for
from .languages import Language
from .owner import OWNER
from .series_execution import SeriesExecution

Try = Callable[[Sequence[ProgramCase]], list[Observation]]


class SeriesError(Exception):
    """No container can be had for a series. Its text is for the person who wanted one."""


@contextlib.contextmanager
def open_series(
    image: str,
    language: Language,
    *,
    files: Sequence[tuple[str, str]] = (),
    limits: Limits | None = None,
) -> Iterator[Try]:
    """A function that tries programs one after another: one observation for each, in order, or
    fewer where one of them has ended the series; the next call begins another one.

    Raises JobError for what must not be run, SeriesError where there is no sandbox, here or in a
    later call. When the block ends, however it does, the container is removed.
    """
    job = Job("", limits=limits or limits_for(language), files=tuple(files), language=language,
              series=True)  # fmt: skip
    with contextlib.ExitStack() as at_the_end:
        held = _Held(image, job)
        at_the_end.callback(held.close)
        held.open()
        yield held.tried


class _Held:
    """At most one container, with a series in it."""

    def __init__(self, image: str, job: Job) -> None:
        self._image = image
        self._job = job
        self._container: Container | None = None
        self._execution: SeriesExecution | None = None

    def open(self) -> SeriesExecution:
        """The series that is on; another one where that is over."""
        if self._execution and not self._execution.result:
            return self._execution
        self.close()
        try:
            with contextlib.closing(container.connect()) as engine:
                self._container = container.start(
                    engine, self._image, self._job.limits, owner=OWNER
                )
            container.send_job(self._container, self._job)
        except (WireError, *ENGINE_ERRORS) as error:
            raise SeriesError(container.failure(error, self._image).message) from None
        self._execution = SeriesExecution(
            self._container.stream, self._job.limits, self._job.language
        )
        return self._execution

    def tried(self, batch: Sequence[ProgramCase]) -> list[Observation]:
        for each in batch:
            check_program_case(each, self._job.limits)
        return self.open().observe(batch)

    def close(self) -> None:
        """Remove the container; without an engine it loses its input at least, and ends."""
        self._execution, held, self._container = None, self._container, None
        if held:
            held.stream.close()
            with (
                contextlib.suppress(*ENGINE_ERRORS),
                contextlib.closing(container.connect()) as engine,
            ):
                container.remove(engine, held)
