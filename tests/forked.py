"""Processes of the product that start at once, forked from one that has imported the libraries.

Django, Celery, the servers and the model's SDK take a process 1 to 2 s of CPU to import. Here
multiprocessing's fork server imports them (tests/libraries.py) once for each process of pytest;
what is forked from it gets its environment and log, and only then reads settings, sets Django up
and runs a command.
"""

import importlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from tests.hurried import Waits

ROOT = Path(__file__).parent.parent
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.libraries"])


class Forked:
    """A process that runs `entry`, "module:function"; its methods are those of subprocess.Popen."""

    def __init__(self, entry: str, *arguments: Any, env: Mapping[str, str], log: Path) -> None:
        self._process = _context.Process(
            target=_run, args=(entry, arguments, dict(env), log), daemon=True
        )
        # Guards the end of the process, which is read once.
        self._ending = threading.Lock()
        log.touch()  # for whoever reads it at once
        # Without a main module the new process imports none: it would be pytest's.
        with mock.patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
            self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        with self._ending:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        multiprocessing.connection.wait([self._process.sentinel], timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(str(self._process), timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def manage(*arguments: str, waits: Waits, env: Mapping[str, str], log: Path) -> Forked:
    """manage.py with these arguments, and other constants; what it prints is appended to `log`."""
    return Forked("tests.hurried:manage", arguments, waits, env=env, log=log)


def celery(*arguments: str, waits: Waits, env: Mapping[str, str], log: Path) -> Forked:
    """Celery's command likewise."""
    return Forked("tests.hurried:celery", arguments, waits, env=env, log=log)


def _run(entry: str, arguments: tuple[Any, ...], env: dict[str, str], log: Path) -> None:
    """In the new process."""
    os.environ.clear()
    os.environ.update({"DJANGO_SETTINGS_MODULE": "tutor.settings"} | env)
    os.chdir(ROOT)
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for standard in (1, 2):
        os.dup2(written, standard)
    os.close(written)
    from django.conf import settings

    assert not settings.configured, "one of its libraries has read the settings of another process"
    assert {"twisted.internet.reactor", "sandbox.owner"}.isdisjoint(sys.modules)
    module, _, function = entry.partition(":")
    getattr(importlib.import_module(module), function)(*arguments)
