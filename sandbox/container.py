"""One container's whole life. The only module that talks to the Docker engine.

`run` never raises for what the engine, the container or the program does: that is in the Result.
What its observer raises is passed on.
"""

import contextlib
import json
import logging
import os
import socket
import time
import uuid
from dataclasses import dataclass, replace
from typing import cast

import docker
import requests
from docker.constants import DEFAULT_DOCKER_API_VERSION, DEFAULT_UNIX_SOCKET
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.utils import kwargs_from_env

from .execution import GRACE_S, SANDBOX_FAILED, Execution, NullObserver, Observer
from .inside.wire import JOB, WireError
from .job import OUTPUT_STOP_FACTOR, Job, Limits, Result, Status
from .owner import OWNER, is_dead
from .series_execution import SeriesExecution, SeriesObserver
from .spec import APP_LABEL, DEADLINE_LABEL, OWNER_LABEL, ContainerSpec, SpecError
from .stream import START_S, ContainerStream, Frame, input_frames
from .uid import uids

logger = logging.getLogger(__name__)

# Seconds in which an engine that is there answers its first question.
CONNECT_S = 2
# Seconds between two attempts to reach an engine at whose socket too many wait.
SOCKET_RETRY_S = 0.02
# Seconds for any later call; a busy engine may take long to start a container.
CALL_S = 30
# Seconds in which a container that has been created is started, unless its owner has died.
BEGIN_S = 10
# Seconds in which a container that is being removed is gone.
REMOVED_S = 5
# Seconds in which the engine says why a container has ended.
LAST_WORDS_S = 2

ATTACHED = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}

# Everything a broken, missing or overloaded engine makes the client raise; and what is raised for a
# container that no engine is asked for: its image may have an impossible name.
ENGINE_ERRORS = (DockerException, requests.RequestException, OSError, SpecError)

NO_ENGINE = "Code cannot be run at the moment: the sandbox is not available."


def connect() -> docker.APIClient:
    """A client of the engine that DOCKER_HOST names. Raises one of ENGINE_ERRORS within seconds."""
    where = kwargs_from_env()
    _check_socket(where.get("base_url") or DEFAULT_UNIX_SOCKET)
    client = docker.APIClient(version=DEFAULT_DOCKER_API_VERSION, timeout=CONNECT_S, **where)
    try:
        # What version="auto" does too, but that leaves an engine that hangs with an open socket.
        version = client.version(api_version=False)["ApiVersion"]
        client._version = version  # type: ignore[attr-defined]
    except ENGINE_ERRORS:
        client.close()
        raise
    except (KeyError, TypeError):
        client.close()
        raise DockerException("whoever answers is not a Docker engine") from None
    client.timeout = CALL_S
    return client


def _check_socket(address: str) -> None:
    """Raise OSError if nobody is behind a unix socket: docker's client would leave it open."""
    scheme, _, path = address.partition("://")
    if not scheme.endswith("unix"):
        return
    deadline = time.monotonic() + CONNECT_S
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(CONNECT_S)
            try:
                probe.connect(f"/{path.lstrip('/')}")
            except BlockingIOError:  # too many wait there at the moment
                if time.monotonic() > deadline:
                    raise
            else:
                return
        time.sleep(SOCKET_RETRY_S)


@dataclass(frozen=True)
class Container:
    """A started container whose supervisor waits for its one job."""

    name: str
    stream: ContainerStream
    # Of all containers that run at a time on behalf of this process, only this one has this uid:
    # the kernel counts some things per uid.
    uid: int
    # When it was ready, by time.monotonic().
    ready_at: float


def run(
    job: Job,
    *,
    image: str,
    observer: Observer | None = None,
    owner: str = OWNER,
) -> Result:
    """Run `job` in a container of its own, started for it and gone when this returns."""
    with contextlib.ExitStack() as at_the_end:
        asked = time.monotonic()
        try:
            engine = connect()
            at_the_end.callback(engine.close)
            container = start(engine, image, job.limits, owner=owner)
            at_the_end.callback(remove, engine, container)
            send_job(container, job)
        except (WireError, *ENGINE_ERRORS) as error:
            return failure(error, image)
        queued_ms = round((time.monotonic() - asked) * 1000)
        # Outside of all that: what the observer raises is its own and not the engine's.
        return replace(follow(container, job, observer), queued_ms=queued_ms)


def start(
    engine: docker.APIClient,
    image: str,
    limits: Limits,
    *,
    owner: str,
    idle_s: float = 0,
) -> Container:
    """Create, attach (so that nothing is missed), start, wait until it is ready.

    It may be idle for `idle_s`. Leaves nothing behind when it raises: WireError or ENGINE_ERRORS.
    """
    name, uid = f"{APP_LABEL}-{uuid.uuid4().hex}", uids.acquire()
    with contextlib.ExitStack() as if_it_fails:
        if_it_fails.callback(uids.release, uid)
        if_it_fails.callback(_remove, engine, name)
        spec = ContainerSpec(
            name=name,
            image=image,
            uid=uid,
            memory_bytes=limits.memory_bytes,
            processes=limits.processes,
            owner=owner,
            deadline=_deadline(limits, idle_s),
        )
        engine.create_container_from_config(spec.body(), name)  # type: ignore[no-untyped-call]
        attached = engine.attach_socket(name, params=ATTACHED)
        stream = if_it_fails.enter_context(ContainerStream(attached))
        engine.start(name)
        stream.expect_ready()
        if_it_fails.pop_all()
    return Container(name, stream, uid, time.monotonic())


def send_job(container: Container, job: Job) -> None:
    """Give it the job. Raises WireError if it is gone; then the job has not begun."""
    container.stream.send_all(_opening(job))


def follow(container: Container, job: Job, observer: Observer | None) -> Result:
    """The result of a job that was sent. Raises nothing but what the observer raises; a series
    has an observer that is a SeriesObserver."""
    if job.series:
        series = SeriesExecution(container.stream, job.limits, job.language)
        return series.run_to_end(cast("SeriesObserver", observer))
    execution = Execution(container.stream, job, observer or NullObserver())
    try:
        return execution.run_to_end()
    except WireError as error:
        result = execution.result_without_end(lambda: _ran_out_of_memory(container.name))
        if result.status is Status.SANDBOX_ERROR:
            # Its text says what happened; a traceback would add nothing.
            logger.error("sandbox failed: %s", error)  # noqa: TRY400
        return result


def remove(engine: docker.APIClient, *containers: Container) -> None:
    """Kill and remove, whatever they do. Without their input idle ones end by themselves."""
    for container in containers:
        container.stream.close()
        uids.release(container.uid)
    for container in containers:
        _remove(engine, container.name)


def failure(error: Exception, image: str) -> Result:
    """The result of a run for which no container could be started; the log has more."""
    match error:
        case ImageNotFound():
            logger.warning("no sandbox: `manage.py sandbox image` builds the image %s", image)
            message = f"{NO_ENGINE} Its image {image!r} is missing."
            return Result(Status.UNAVAILABLE, message=message)
        case WireError():
            logger.error("sandbox failed: %s", error)
            return Result(Status.SANDBOX_ERROR, message=SANDBOX_FAILED)
        case _:
            logger.warning("no sandbox: %s", describe_error(error))
            return Result(Status.UNAVAILABLE, message=NO_ENGINE)


def may_be_starting(error: Exception) -> bool:
    """True if no engine has answered at all: one that is starting does not."""
    return isinstance(error, ENGINE_ERRORS) and not isinstance(error, (APIError, SpecError))


def _ran_out_of_memory(name: str) -> bool:
    """True if the kernel has killed for memory in container `name`, which ended without END.

    The engine's events are asked, because the container itself may be removed by now.
    """
    until = int(time.time()) + LAST_WORDS_S
    try:
        # From the beginning of what the engine remembers: its clock may not be ours.
        with (
            contextlib.closing(connect()) as engine,
            contextlib.closing(
                engine.events(since=0, until=until, filters={"container": name}, decode=True)
            ) as events,
        ):
            for event in events:
                if event.get("Action") in {"oom", "destroy"}:
                    return bool(event["Action"] == "oom")
    except ENGINE_ERRORS as error:
        logger.warning("a container's end cannot be looked up: %s", describe_error(error))
    return False


@dataclass(frozen=True)
class ContainerInfo:
    """A container of ours, as the engine lists it; times in seconds since the epoch."""

    name: str
    image: str
    owner: str
    running: bool
    created: float
    deadline: float


def find(engine: docker.APIClient) -> list[ContainerInfo]:
    """All containers that are ours, whoever owns them."""
    return [
        ContainerInfo(
            name=each["Names"][0].lstrip("/"),
            image=each["Image"],
            owner=each["Labels"].get(OWNER_LABEL, ""),
            running=each["State"] == "running",
            created=each["Created"],
            deadline=float(each["Labels"].get(DEADLINE_LABEL, 0)),
        )
        for each in engine.containers(all=True, filters={"label": APP_LABEL})
    ]


def sweep(owner: str | None = OWNER) -> int:
    """Remove what is left of `owner`, of the dead and past its deadline; how many. Never raises.

    With None as the owner what runs or has just been created stays until its deadline: on a host
    name that several process tables share, its owner may only look dead.
    """
    removed = 0
    try:
        with contextlib.closing(connect()) as engine:
            for found in find(engine):
                now = time.time()
                begins = found.running or now - found.created < BEGIN_S
                dead = is_dead(found.owner) and not (owner is None and begins)
                if found.deadline < now or found.owner == owner or dead:
                    _remove(engine, found.name)
                    removed += 1
    except ENGINE_ERRORS as error:
        logger.warning("no sandbox to sweep: %s", describe_error(error))
    return removed


def _opening(job: Job) -> list[Frame]:
    """The job, and the input of a program that is run for itself; cases come later, one by one."""
    given = [] if job.cases or job.series else input_frames(job.stdin)
    if job.interactive:
        given = given[:-1]  # more may be typed
    return [(JOB, _order(job)), *given]


def _order(job: Job) -> bytes:
    limits = job.limits
    order = {
        "code": job.code,
        "program": job.language.program,
        "command": job.language.command,
        "interactive": job.interactive,
        "idle_s": limits.idle_s,
        "session_s": job.session_s,
        "files": dict(job.files),
        "cases": len(job.cases),
        "series": job.series,
        "case_wall_s": limits.case_wall_s,
        "case_output_bytes": limits.case_output_bytes,
        "wall_s": limits.wall_s,
        "cpu_s": limits.cpu_s,
        "output_bytes": limits.output_bytes,
        "output_stop_bytes": limits.output_bytes * OUTPUT_STOP_FACTOR,
    }
    return json.dumps(order).encode()


def _deadline(limits: Limits, idle_s: float) -> int:
    """The latest end of a container that is created now; seconds since the epoch."""
    longest = max(limits.wall_s, limits.session_s)
    return round(time.time() + CALL_S + START_S + idle_s + longest + GRACE_S)


def _remove(engine: docker.APIClient, name: str) -> None:
    """Kill and remove, and wait until it is gone. What cannot be removed now, `sweep` finds."""
    try:
        engine.remove_container(name, force=True, v=True)
    except NotFound:
        return
    except APIError:  # the engine is removing it already
        _await_removal(engine, name)
    except ENGINE_ERRORS as error:
        logger.warning("a container could not be removed: %s", describe_error(error))


def _await_removal(engine: docker.APIClient, name: str) -> None:
    """Return when it is gone. To wait for the engine's own word can miss it, and last for ever."""
    until = time.monotonic() + REMOVED_S
    with contextlib.suppress(*ENGINE_ERRORS):
        while time.monotonic() < until:
            engine.inspect_container(name)  # raises NotFound at last
            time.sleep(0.02)


def describe_error(error: Exception) -> str:
    """The error in a line for the operator."""
    if isinstance(error, SpecError):
        return str(error)
    if isinstance(error, APIError) and error.explanation:
        return str(error.explanation)
    where = os.environ.get("DOCKER_HOST", "the default socket")
    return f"no Docker engine answers at {where} ({type(error).__name__})"
