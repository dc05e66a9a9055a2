"""The ways to run `print(6 * 7)` that are compared. Each is a block that gives a measurement.

A measurement runs once, checks what came out, and returns milliseconds as its caller sees them.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sandbox import container
from sandbox.cases import CallCase
from sandbox.execution import NullObserver
from sandbox.job import Job, Limits, Result
from sandbox.owner import OWNER
from sandbox.pool import Pool
from sandbox.spec import APP_LABEL, ContainerSpec
from sandbox.uid import uids

CODE = "print(6 * 7)"
ANSWER = "42\n"
ROOT = Path(__file__).parents[3]
# Seconds in which a pool is full again, and a child process answers.
PATIENCE_S = 60
CASES = 20

Measurement = Callable[[], float]


def since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def fill(pool: Pool) -> None:
    """Wait until it is as full as between two students."""
    deadline = time.monotonic() + PATIENCE_S
    while not pool.is_full():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the pool does not fill: {pool.state()}")
        time.sleep(0.01)


def check(result: Result, stdout: str = ANSWER) -> None:
    if result.stdout != stdout:
        raise RuntimeError(f"{result.status}: {result.message or result.stderr}")


@contextlib.contextmanager
def floor() -> Iterator[Measurement]:
    """Starting Python on the host."""

    def measure() -> float:
        began = time.perf_counter()
        command = [sys.executable, "-I", "-c", CODE]
        subprocess.run(command, capture_output=True, check=True)  # our own
        return since(began)

    yield measure


@contextlib.contextmanager
def through_pool(pool: Pool) -> Iterator[Measurement]:
    def measure() -> float:
        fill(pool)
        began = time.perf_counter()
        check(pool.run(Job(CODE)))
        return since(began)

    yield measure


class FirstChunk(NullObserver):
    """Remembers when the first output came."""

    def __init__(self) -> None:
        self.at: float | None = None

    def printed(self, stream: str, text: str) -> None:
        self.at = self.at or time.perf_counter()


@contextlib.contextmanager
def first_chunk(pool: Pool) -> Iterator[Measurement]:
    def measure() -> float:
        fill(pool)
        follower = FirstChunk()
        began = time.perf_counter()
        check(pool.run(Job(f"{CODE}\nimport time; time.sleep(0.05)"), follower))
        assert follower.at is not None
        return (follower.at - began) * 1000

    yield measure


@contextlib.contextmanager
def many_cases(pool: Pool) -> Iterator[Measurement]:
    job = Job("def f(x): return 6 * x", cases=(CallCase("f(7)"),) * CASES)

    def measure() -> float:
        fill(pool)
        began = time.perf_counter()
        result = pool.run(job)
        took = since(began)
        if [each.ended for each in result.observations] != ["value"] * CASES:
            raise RuntimeError(result.message)
        return took

    yield measure


@contextlib.contextmanager
def cold(image: str) -> Iterator[Measurement]:
    """A container started for the run and removed after it."""

    def measure() -> float:
        began = time.perf_counter()
        check(container.run(Job(CODE), image=image))
        return since(began)

    yield measure


@contextlib.contextmanager
def executed(image: str) -> Iterator[Measurement]:
    """`docker exec` in one container that is used again and again: no isolation, for comparison."""
    with contextlib.closing(container.connect()) as engine, contextlib.ExitStack() as at_the_end:
        name = f"{APP_LABEL}-{uuid.uuid4().hex}"
        limits, deadline = Limits(), round(time.time()) + 600
        spec = ContainerSpec(
            name, image, uids.acquire(), limits.memory_bytes, limits.processes, OWNER, deadline
        )
        engine.create_container_from_config(spec.body() | {"Entrypoint": ["sleep", "600"]}, name)  # type: ignore[no-untyped-call]
        at_the_end.callback(container._remove, engine, name)
        engine.start(name)

        def measure() -> float:
            for _ in range(3):  # an engine sometimes loses what a quick command prints
                began = time.perf_counter()
                command = engine.exec_create(name, ["python3", "-I", "-c", CODE])["Id"]
                if (printed := engine.exec_start(command).decode()) == ANSWER:
                    return since(began)
            raise RuntimeError(f"docker exec printed {printed!r}")

        yield measure


@contextlib.contextmanager
def through_celery(redis: str = "") -> Iterator[Measurement]:
    """From the request of a row to its result, as a page sees it; a site of its own for that."""
    with tempfile.TemporaryDirectory(prefix="sandbox-bench-") as folder:
        env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        env |= {"DATA_DIR": folder, "REDIS_URL": redis, "SANDBOX_POOL_SIZE": "2"}
        with subprocess.Popen(  # our own
            [sys.executable, "-m", "tests.bench.sandbox.site"],
            cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as child:  # fmt: skip
            assert child.stdin is not None
            assert child.stdout is not None
            to, of = child.stdin, child.stdout

            def measure() -> float:
                to.write("run\n")
                to.flush()
                answer: dict[str, Any] = json.loads(of.readline() or '{"error": "it ended"}')
                if "ms" not in answer:
                    raise RuntimeError(f"through Celery: {answer.get('error')}")
                return float(answer["ms"])

            try:
                yield measure
            finally:
                to.close()
                child.wait(PATIENCE_S)


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """A Redis for the length of a block; its URL. Raises FileNotFoundError where there is none."""
    program = shutil.which("redis-server")
    if not program:
        raise FileNotFoundError("there is no redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as server:
        try:
            _await_port(int(port))
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def _await_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
