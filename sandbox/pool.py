"""Warm containers, each used once: a run takes a ready one and is over before Python would start.

A pool belongs to the process that starts it; a connection to the engine does not survive a fork.
When that process is killed, its idle containers read the end of their input and end.

Runs are served in the order in which they come. A container counts only when it says it is ready,
is looked at before it is used, and is removed and replaced after the result is out.
"""

import contextlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from . import container
from .backoff import Backoff
from .container import ENGINE_ERRORS, NO_ENGINE, Container
from .execution import NullObserver, Observer
from .inside.wire import WireError
from .job import Job, Limits, Result, Status
from .outcome import STOPPED_EARLY
from .owner import OWNER
from .patience import refusal
from .selftest import SlowError, UnfitError

logger = logging.getLogger(__name__)

# Threads that start and remove containers; more than three gain nothing.
MOST_FILLERS = 3
# Idle containers are replaced at this age in seconds, so that a new image comes into use.
RENEW_S = 600.0
# Seconds between two checks of the idle ones, and of whether a run that waits is to be stopped.
EVICT_INTERVAL_S = 1.0
POLL_INTERVAL_S = 0.05
# So many containers at most are given one job: it may be the job of which they die.
MOST_TRIES = 3
# Seconds in which the fillers finish what they have begun, unless the engine hangs.
STOP_S = 3.0
# Seconds after a run in which its result gets out before the container is replaced.
SETTLE_S = 0.02

# A run that has waited so many milliseconds for a pool that is starting says so.
TELL_STARTING_MS = 300


@dataclass(frozen=True)
class State:
    """A pool at one moment."""

    size: int
    ready: int
    filling: int
    busy: int
    waiting: int
    # Failed starts in a row.
    failures: int


class Pool:
    """Keeps `size` containers warm and has at most `most` at a time. Start once, drain once.

    Programs that compute take from the `size`; those to which somebody types, and series, are
    beyond it, so that who thinks for minutes does not leave the others without warm containers.
    """

    def __init__(
        self,
        image: str,
        size: int,
        most: int,
        *,
        owner: str = OWNER,
        limits: Limits | None = None,
        probe: Callable[[], None] = lambda: None,
        starting_s: float = 0,
    ) -> None:
        self.image = image
        self._size = size
        self._most = max(size, most, 1)
        self.owner = owner
        # What its containers were made for; other memory or processes mean another container.
        self._limits = limits or Limits()
        # Raises UnfitError unless a container is what it should be; asked before the first one
        # counts, and again after the engine has failed. One filler asks, the others wait.
        self._probe = probe
        self._verified = False
        self._verifying = threading.Lock()
        # The process it belongs to; None while it does not run.
        self._pid: int | None = None
        self._stopped_at = 0.0
        # For so many seconds after the start an engine that does not answer may be starting too:
        # runs wait for it. Until when, by time.monotonic().
        self._starting_s = starting_s
        self._starting_until = 0.0
        # Guards all that follows, and tells that some of it has changed.
        self._changed = threading.Condition()
        self._fillers: list[threading.Thread] = []
        self._ready: deque[Container] = deque()
        # Used or dead; a filler removes them.
        self._used: deque[Container] = deque()
        # Set when its first container is ready: until then the pool is starting.
        self._has_started = False
        # Runs that wait for a container, in order.
        self._waiting: deque[object] = deque()
        self._filling = 0
        # Spent ones that a filler is about to remove.
        self._removing = 0
        self._busy = 0
        # Of the busy ones those that are beyond the `size`.
        self._beyond = 0
        # Failed starts: when the next may be tried.
        self._backoff = Backoff(Result(Status.UNAVAILABLE, message=NO_ENGINE))

    # For the owner

    def start(self) -> None:
        """Begin to fill; returns at once."""
        self._pid = os.getpid()
        self._starting_until = time.monotonic() + self._starting_s
        self._fillers = [
            threading.Thread(target=self._fill, name=f"sandbox-filler-{number}", daemon=True)
            for number in range(min(self._most, MOST_FILLERS))
        ]
        for filler in self._fillers:
            filler.start()

    def stop(self) -> None:
        """Begin to drain; returns at once."""
        with self._changed:
            if self._is_mine():
                self._pid = None
                self._stopped_at = time.monotonic()
                self._changed.notify_all()

    def drain(self) -> None:
        """Stop filling and remove what is idle. What runs is its caller's to end."""
        if self._pid not in (None, os.getpid()):
            return  # a fork's parent owns it
        self.stop()
        for filler in self._fillers:
            filler.join(max(0, self._stopped_at + STOP_S - time.monotonic()))
        left = [*self._ready, *self._used]
        self._ready.clear()
        self._used.clear()
        _remove(left)

    def state(self) -> State:
        with self._changed:
            ready, waiting = len(self._ready), len(self._waiting)
            return State(
                self._size, ready, self._filling, self._busy, waiting, self._backoff.in_a_row
            )

    def names(self) -> list[str]:
        """The names of the containers that are ready."""
        with self._changed:
            return [each.name for each in self._ready]

    def has_started(self) -> bool:
        """False until its first container has been ready."""
        return self._has_started

    def is_full(self) -> bool:
        """True if `size` containers are ready, and none that was used is left."""
        with self._changed:
            return len(self._ready) == self._size and not (
                self._used or self._removing or self._filling or self._busy
            )

    # For those who run something

    def run(
        self,
        job: Job,
        observer: Observer | None = None,
        starting: Callable[[bool], None] = lambda starts: None,
    ) -> Result:
        """Run `job`; where it waits because the pool is starting, `starting` is given True, and
        False when it has a container.

        Never raises but for what observer and `starting` raise.
        """
        if not self._is_mine() or not self._fits(job):
            return self._run_cold(job, observer)
        asked = time.monotonic()
        for _ in range(MOST_TRIES):
            taken = self._take(job, asked, observer or NullObserver(), starting)
            if isinstance(taken, Result):
                return replace(taken, queued_ms=_ms_since(asked))
            try:
                with contextlib.suppress(WireError):  # it has died just now: take another one
                    container.send_job(taken, job)
                    queued_ms = _ms_since(asked)
                    return replace(container.follow(taken, job, observer), queued_ms=queued_ms)
            finally:
                self._release(taken, job)
        error = WireError(f"{MOST_TRIES} containers did not take a job")
        return replace(container.failure(error, self.image), queued_ms=_ms_since(asked))

    def _run_cold(self, job: Job, observer: Observer | None) -> Result:
        try:
            self._verify()
        except UnfitError as error:
            return error.result
        return container.run(job, image=self.image, observer=observer, owner=self.owner)

    def _is_mine(self) -> bool:
        return self._pid == os.getpid()

    def _fits(self, job: Job) -> bool:
        mine = self._limits
        return (job.limits.memory_bytes, job.limits.processes) == (
            mine.memory_bytes,
            mine.processes,
        )

    def _take(
        self, job: Job, asked: float, observer: Observer, starting: Callable[[bool], None]
    ) -> Container | Result:
        """A ready container for this run alone, or the result of a run without one."""
        ticket = object()
        # Whether it has been told that the pool is starting.
        is_told = False
        failed_before = self._backoff.ever
        with self._changed:
            self._waiting.append(ticket)
            self._changed.notify_all()
        try:
            while True:
                with self._changed:
                    if taken := self._next_for(ticket, job):
                        break
                    if refused := self._refusal(asked, failed_before):
                        return refused
                    self._changed.wait(POLL_INTERVAL_S)
                if observer.cancelled():
                    return Result(Status.CANCELLED, message=STOPPED_EARLY)
                if not (is_told or self._has_started) and _ms_since(asked) > TELL_STARTING_MS:
                    starting(True)
                    is_told = True
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        if is_told:
            starting(False)
        return taken

    def _next_for(self, ticket: object, job: Job) -> Container | None:
        """A live container, if it is this ticket's turn."""
        while self._ready and self._waiting[0] is ticket:
            found = self._ready.popleft()
            if found.stream.is_quiet():
                self._busy += 1
                self._beyond += job.interactive or job.series
                return found
            self._used.append(found)
        return None

    def _refusal(self, asked: float, failed_before: int) -> Result | None:
        if not self._is_mine():
            return Result(Status.UNAVAILABLE, message=NO_ENGINE)
        failed = self._backoff.is_unhealthy() or self._backoff.ever > failed_before + 1
        if failed and not self._filling and time.monotonic() >= self._starting_until:
            return self._backoff.result
        return refusal(time.monotonic() - asked, has_started=self._has_started)

    def _release(self, used: Container, job: Job) -> None:
        with self._changed:
            self._busy -= 1
            self._beyond -= job.interactive or job.series
            if mine := self._is_mine():
                self._used.append(used)
                self._changed.notify_all()
        if not mine:
            _remove([used])

    # In the fillers

    def _fill(self) -> None:
        """Remove used containers, start missing ones, until the pool is drained."""
        while self._is_mine():
            with self._changed:
                self._evict()
                used = [self._used.popleft()] if self._used else []
                missing = self._is_one_missing()
                self._filling += missing
                self._removing += len(used)
                if not used and not missing:
                    self._changed.wait(EVICT_INTERVAL_S)
                    continue
            self._replace(used, missing=missing)

    def _is_one_missing(self) -> bool:
        """True if another container should be started now. Those who wait may have more than
        `size`, if all are busy; but nobody tries an engine that has just failed."""
        there = len(self._ready) + self._filling + self._busy
        wanted = there - self._beyond < self._size or (
            len(self._waiting) > len(self._ready) + self._filling and there < self._most
        )
        if self._backoff.in_a_row:  # one try at a time
            is_due = self._backoff.allows_start(is_awaited=bool(self._waiting))
            wanted = wanted and is_due and not self._filling
        return wanted and self._is_mine()

    def _evict(self) -> None:
        """Take out dead containers, and those beyond `size` that nobody waits for; of those that
        are too old one at a time."""
        while len(self._ready) > self._size + len(self._waiting):
            self._used.append(self._ready.popleft())
        for found in list(self._ready):
            old = time.monotonic() - found.ready_at > RENEW_S
            if not found.stream.is_quiet() or (old and len(self._ready) == self._size):
                self._ready.remove(found)
                self._used.append(found)

    def _replace(self, used: list[Container], *, missing: bool) -> None:
        if used and not self._waiting:
            time.sleep(SETTLE_S)
        _remove(used)
        started: Container | None = None
        error: Exception | None = None
        if missing:
            try:
                started = self._start()
            except (UnfitError, WireError, *ENGINE_ERRORS) as caught:
                error = caught
        if started and not self._is_mine():
            _remove([started])
            started = None
        with self._changed:
            self._filling -= missing
            self._removing -= len(used)
            if started:
                self._ready.append(started)
                self._has_started = True
                self._backoff.record_success()
            elif error and self._is_mine():
                self._record_failure(error)
            self._changed.notify_all()

    def _start(self) -> Container:
        self._verify()
        if not self._is_mine():
            raise WireError("drained before it was filled")
        with contextlib.closing(container.connect()) as engine:
            return container.start(
                engine,
                self.image,
                self._limits,
                owner=self.owner,
                idle_s=RENEW_S,
            )

    def _verify(self) -> None:
        """Raises UnfitError unless the probe has been content since the last failure."""
        with self._verifying:
            if not self._verified:
                self._probe()
                self._verified = True

    def _record_failure(self, error: Exception) -> None:
        """Store a failed start, with the result that it means for a run."""
        self._verified = False
        if isinstance(error, SlowError):
            # No failure of the engine's: it is asked again, and runs wait.
            logger.warning("whether the sandbox may be used cannot be told yet: %s", error)
            return
        if not container.may_be_starting(error):
            self._starting_until = 0.0
        if isinstance(error, UnfitError):
            logger.error("the sandbox is not used: %s", error)
            self._backoff.record_failure(error.result)
        else:
            self._backoff.record_failure(container.failure(error, self.image))


def _remove(containers: list[Container]) -> None:
    """Remove them. Without an engine they lose their input at least, and end by themselves."""
    with contextlib.ExitStack() as at_the_end:
        for each in containers:
            at_the_end.callback(each.stream.close)
        if containers:
            with (
                contextlib.suppress(*ENGINE_ERRORS),
                contextlib.closing(container.connect()) as engine,
            ):
                container.remove(engine, *containers)


def _ms_since(moment: float) -> int:
    return round((time.monotonic() - moment) * 1000)
