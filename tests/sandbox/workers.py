"""A site's queue with a real Redis, and workers as processes of their own, which may be killed."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bin.machine.serving import free_port
from sandbox import container
from sandbox.job import Limits
from tests import forked
from tests.forked import Forked
from tests.hurried import UNPROVEN, Waits
from tests.polling import wait_until
from tests.prepared import prepare, printed_by

# Long enough for a busy machine; what is promised in seconds is asserted where it is promised.
PATIENCE_S = 40
# What the queue has lost is missed after seconds.
HURRIED: Waits = {
    **UNPROVEN,
    "sandbox.models.recovery": {"STUCK_S": 3.0},
    "sandbox.sweeper": {"WAITING_INTERVAL_S": 0.8},
}


class Redis:
    """A Redis that can be stopped and started again, empty, at the same address."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(
            ["redis-server", *options, "--appendonly", "no"], stdout=subprocess.DEVNULL
        )
        wait_until(self._answers, PATIENCE_S)

    def _answers(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self._port)) == 0

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass
class Site:
    """A site with a queue; its workers are started and ended by the test."""

    redis: Redis
    env: dict[str, str]
    # The line to the process that requests runs and looks at them: tests/sandbox/site.py.
    orders: Connection
    workers: list[Forked] = field(default_factory=list)

    def ask(self, do: str, key: str, **more: object) -> dict[str, Any]:
        self.orders.send({"do": do, "key": key, **more})
        answer: dict[str, Any] = self.orders.recv()
        return answer

    def request(
        self,
        key: str,
        code: str,
        *,
        interactive: bool = False,
        series: bool = False,
        wall_s: float = Limits.wall_s,
    ) -> float:
        more = {"interactive": interactive, "series": series, "wall_s": wall_s}
        took: float = self.ask("request", key, code=code, **more)["ms"]
        return took

    def finished(self, key: str, seconds: float = PATIENCE_S) -> dict[str, Any]:
        wait_until(lambda: self.ask("look", key)["finished"], seconds)
        return self.ask("look", key)

    def told(self, key: str, event: str) -> float:
        """When who follows this run was last told of `event`, by time.monotonic(); 0: never."""
        heard = self.ask("hear", key)["heard"]
        return max((at for at, message in heard if message["type"] == event), default=0.0)

    def start_worker(
        self,
        concurrency: int = 2,
        queues: str = "sandbox,typing,judging",
        waits: Waits = HURRIED,
    ) -> Forked:
        quickly = ("--without-mingle", "--without-gossip")  # which take a second
        options = ("-A", "tutor", "worker", "-Q", queues, "-P", "threads", "-c", str(concurrency))
        log = Path(self.env["DATA_DIR"]) / "worker.log"
        worker = forked.celery(*options, *quickly, waits=waits, env=self.env, log=log)
        self.workers.append(worker)
        return worker

    def logged(self) -> str:
        return (Path(self.env["DATA_DIR"]) / "worker.log").read_text()

    def containers(self, worker: Forked) -> list[str]:
        with closing(container.connect()) as engine:
            found = container.find(engine)
        return [each.name for each in found if f"-{worker.pid}-" in each.owner]

    def remove_containers(self, worker: Forked) -> None:
        """Remove what a killed worker has left: one that it was about to start stays."""
        with closing(container.connect()) as engine:
            owners = {each.owner for each in container.find(engine)}
        for owner in owners:
            if f"-{worker.pid}-" in owner:
                container.sweep(owner)


@contextlib.contextmanager
def opened(folder: Path, image: str, **settings: str) -> Iterator[Site]:
    """A site in `folder` for the length of a block; its workers are killed in the end."""
    redis = Redis()
    env = os.environ | {
        "DATA_DIR": str(folder),
        "REDIS_URL": redis.url,
        "SANDBOX_POOL_SIZE": "2",
        "SANDBOX_IMAGE": image,
        "CELERY_VISIBILITY_TIMEOUT_S": "6",
        **settings,
    }
    if "DATABASE_URL" not in settings:
        env.pop("DATABASE_URL", None)
        prepare(folder)
    else:
        printed_by("tests.hurried:manage", ("migrate", "-v0"), {}, env=env)
    orders, theirs = Pipe()
    driver = Forked("tests.sandbox.site:serve", theirs, env=env, log=folder / "site.log")
    theirs.close()
    one = Site(redis, env, orders)
    try:
        yield one
    finally:
        for process in (*one.workers, driver):
            process.kill()
        orders.close()
        redis.stop()
        for worker in one.workers:
            one.remove_containers(worker)
