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
from pathlib import Path
from typing import Any

import docker
import requests
from docker.constants import DEFAULT_DOCKER_API_VERSION, DEFAULT_UNIX_SOCKET
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import LogConfig, Ulimit
from docker.utils import kwargs_from_env

from .follow import GRACE_S, SANDBOX_FAILED, Following, Nobody, Observer
from .inside.wire import ENVIRONMENT, JOB, WireError
from .job import MIB, OUTPUT_STOP_FACTOR, Job, Limits, Result, Status
from .line import START_S, Line
from .owner import OWNER, is_dead

logger = logging.getLogger(__name__)

APP_LABEL = "tutor.sandbox"
OWNER_LABEL = "tutor.sandbox.owner"
# Seconds since the epoch after which a container has no right to exist any more.
DEADLINE_LABEL = "tutor.sandbox.deadline"

# Seconds in which an engine that is there answers its first question.
CONNECT_S = 2
# Seconds for any later call; a busy engine may take long to start a container.
CALL_S = 30
# Seconds in which a container that has been created is started, unless its owner has died.
BEGIN_S = 10
# Seconds in which the engine says why a container has ended.
LAST_WORDS_S = 2

UID = 20000
ATTACHED = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
SCRATCH = "rw,nosuid,nodev,size=16m,nr_inodes=2000,mode=1777"
SECCOMP = Path(__file__).with_name("image") / "seccomp.json"

# Everything a broken, missing or overloaded engine makes the client raise.
ENGINE_ERRORS = (DockerException, requests.RequestException, OSError)

NO_ENGINE = "Code cannot be run at the moment: the sandbox is not available."


def connect() -> docker.APIClient:
    """A client of the engine that DOCKER_HOST names. Raises one of ENGINE_ERRORS within seconds."""
    where = kwargs_from_env()
    _knock(where.get("base_url") or DEFAULT_UNIX_SOCKET)
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


def _knock(address: str) -> None:
    """Raise OSError if nobody is behind a unix socket: docker's client would leave it open."""
    scheme, _, path = address.partition("://")
    if scheme.endswith("unix"):
        with socket.socket(socket.AF_UNIX) as knock:
            knock.settimeout(CONNECT_S)
            knock.connect(f"/{path.lstrip('/')}")


def run(job: Job, *, image: str, observer: Observer | None = None, owner: str = OWNER) -> Result:
    """Run `job` in a container of its own, which is gone when this returns.

    1. create  2. attach, so that nothing is missed  3. start  4. wait for the supervisor
    5. hand over the job  6. follow it  7. kill and remove, whatever happened
    """
    name = f"{APP_LABEL}-{uuid.uuid4().hex}"
    with contextlib.ExitStack() as at_the_end:
        try:
            engine = connect()
            at_the_end.callback(engine.close)
            at_the_end.callback(_remove, engine, name)
            line = at_the_end.enter_context(_begin(engine, name, image, job, owner))
        except ImageNotFound:
            logger.warning("no sandbox: `manage.py sandbox image` builds the image %s", image)
            message = f"{NO_ENGINE} Its image {image!r} is missing."
            return Result(Status.UNAVAILABLE, message=message)
        except WireError as error:
            # Its text says what happened; a traceback would add nothing.
            logger.error("sandbox failed: %s", error)  # noqa: TRY400
            return Result(Status.SANDBOX_ERROR, message=SANDBOX_FAILED)
        except ENGINE_ERRORS as error:
            logger.warning("no sandbox: %s", trouble(error))
            return Result(Status.UNAVAILABLE, message=NO_ENGINE)
        # Outside of all that: what the observer raises is its own and not the engine's.
        following = Following(line, job.limits, observer or Nobody())
        try:
            return following.to_the_end()
        except WireError as error:
            result = following.cut_short(lambda: _ran_out_of_memory(engine, name))
            if result.status is Status.SANDBOX_ERROR:
                logger.error("sandbox failed: %s", error)  # noqa: TRY400
            return result


def _begin(engine: docker.APIClient, name: str, image: str, job: Job, owner: str) -> Line:
    """Steps 1 to 5: a line to a supervisor that has its job."""
    engine.create_container(image, name=name, **_hardened(engine, job.limits, owner))
    with contextlib.ExitStack() as if_it_fails:
        line = if_it_fails.enter_context(Line(engine.attach_socket(name, params=ATTACHED)))
        engine.start(name)
        line.expect_ready()
        line.send(JOB, _order(job))
        if_it_fails.pop_all()
    return line


def _ran_out_of_memory(engine: docker.APIClient, name: str) -> bool:
    """Whether the kernel has killed for memory in container `name`, which ended without a word.

    The engine's events are asked, because the container itself may be removed by now.
    """
    until = int(time.time()) + LAST_WORDS_S
    try:
        # From the beginning of what the engine remembers: its clock may not be ours.
        with contextlib.closing(
            engine.events(since=0, until=until, filters={"container": name}, decode=True)
        ) as events:
            for event in events:
                if event.get("Action") in {"oom", "destroy"}:
                    return bool(event["Action"] == "oom")
    except ENGINE_ERRORS as error:
        logger.warning("a container's end cannot be looked up: %s", trouble(error))
    return False


def sweep(owner: str | None = OWNER) -> int:
    """Remove what is left of `owner`, of the dead and past its deadline; how many. Never raises.

    With None as the owner what runs or has just been created stays until its deadline: on a host
    name that several process tables share, its owner may only look dead.
    """
    removed = 0
    try:
        with contextlib.closing(connect()) as engine:
            for found in engine.containers(all=True, filters={"label": APP_LABEL}):
                labels = found["Labels"]
                now = time.time()
                expired = float(labels.get(DEADLINE_LABEL, 0)) < now
                begins = found["State"] == "running" or now - found["Created"] < BEGIN_S
                of = labels.get(OWNER_LABEL, "")
                if expired or of == owner or (is_dead(of) and not (owner is None and begins)):
                    _remove(engine, found["Id"])
                    removed += 1
    except ENGINE_ERRORS as error:
        logger.warning("no sandbox to sweep: %s", trouble(error))
    return removed


def _order(job: Job) -> bytes:
    limits = job.limits
    order = {
        "code": job.code,
        "stdin": job.stdin,
        "stdin_open": False,
        "wall_s": limits.wall_s,
        "cpu_s": limits.cpu_s,
        "output_bytes": limits.output_bytes,
        "output_stop_bytes": limits.output_bytes * OUTPUT_STOP_FACTOR,
    }
    return json.dumps(order).encode()


def _hardened(engine: docker.APIClient, limits: Limits, owner: str) -> dict[str, Any]:
    """All that a container is created with. What is not needed is taken away."""
    deadline = time.time() + CALL_S + START_S + limits.wall_s + GRACE_S
    host_config = engine.create_host_config(
        network_mode="none",
        cap_drop=["ALL"],
        security_opt=["no-new-privileges", f"seccomp={SECCOMP.read_text()}"],
        read_only=True,
        tmpfs={"/tmp": SCRATCH},  # noqa: S108  # the container's, not ours
        ipc_mode="private",
        shm_size=16 * MIB,
        pids_limit=limits.processes,
        mem_limit=limits.memory_bytes,
        memswap_limit=limits.memory_bytes,
        nano_cpus=1_000_000_000,
        ulimits=[
            Ulimit(name="nofile", soft=256, hard=256),
            Ulimit(name="fsize", soft=16 * MIB, hard=16 * MIB),
            Ulimit(name="core", soft=0, hard=0),
            Ulimit(name="msgqueue", soft=0, hard=0),
        ],
        log_config=LogConfig(type="none"),  # 3 s of flood would be 270 MB on the host's disk
        auto_remove=True,
    )
    return {
        "user": f"{UID}:{UID}",
        "hostname": "sandbox",
        "environment": ENVIRONMENT,
        # Open once: when the host's end closes, the supervisor reads the end of file and exits.
        "stdin_open": True,
        "labels": {APP_LABEL: "run", OWNER_LABEL: owner, DEADLINE_LABEL: f"{deadline:.0f}"},
        "host_config": host_config,
    }


def _remove(engine: docker.APIClient, name: str) -> None:
    """Kill and remove, and wait until it is gone. What cannot be removed now, `sweep` finds."""
    try:
        engine.remove_container(name, force=True, v=True)
    except NotFound:
        return
    except APIError:  # the engine is removing it already
        with contextlib.suppress(*ENGINE_ERRORS):
            engine.wait(name, timeout=CALL_S, condition="removed")
    except ENGINE_ERRORS as error:
        logger.warning("a container could not be removed: %s", trouble(error))


def trouble(error: Exception) -> str:
    """What the operator should know, in a line."""
    if isinstance(error, APIError) and error.explanation:
        return str(error.explanation)
    where = os.environ.get("DOCKER_HOST", "the default socket")
    return f"no Docker engine answers at {where} ({type(error).__name__})"
