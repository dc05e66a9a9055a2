"""bin/serve: from a bare checkout to a classroom that serves, and back."""

import argparse
import contextlib
import errno
import json
import os
import random
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass

from . import engine, environment, page, processes, steps
from .processes import Child
from .steps import LOGS, ROOT, StepFailed, step

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
LAST_PORT = 65_535
# Above what services are known by, below what Linux gives to connections (from 32,768 on).
OUR_PORTS = range(20_000, 32_000)
# How long a child may take until it answers, on a slow machine.
CHILD_START_S = 90.0
POLL_S = 0.2
# So many ports a process keeps from others until what it starts listens on them.
MOST_CLAIMS = 100
_claims: deque[int] = deque()  # descriptors
INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended

DESCRIPTION = """\
Sets this machine up and serves the classroom until Ctrl-C.

What is missing is installed: the virtual environment (.venv), the page, and on Debian or Ubuntu
as root the Docker engine, which goes on running when this command ends. Then the database is
brought up to date, the sample courses are put into it, and the web process, the sandbox worker
and, without OPENAI_API_KEY and OPENAI_BASE_URL, the emulator are started. Without these two and
without HTTPS it is a demo and gets demo accounts. Anywhere else, and with --no-demo, it gets none,
and those that it had are disabled.
What was done before and has not changed is not done again. Settings: README.md.
"""
EPILOG = """\
Details of every step are in var/log. Exit code: 0 after Ctrl-C or SIGTERM while serving, 130 after
one during the set-up, 1 if something failed, 2 for a wrong option.
"""


@dataclass(frozen=True)
class Plan:
    """What the settings ask for."""

    uses_emulator: bool
    # Whether accounts with public passwords may be there.
    is_demo: bool
    embedded: bool
    image: str
    concurrency: int


class Interruption:
    """SIGINT and SIGTERM: the first raises KeyboardInterrupt, later ones only say «hurry»."""

    def __init__(self) -> None:
        # False once we are ending: from then on nothing may raise.
        self.raises = True
        # True once somebody insisted while we were ending.
        self.hurry = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._received)

    def _received(self, _number: int, _frame: object) -> None:
        if self.raises:
            self.raises = False
            raise KeyboardInterrupt
        self.hurry = True


def main(arguments: list[str]) -> int:
    """The command; its exit code."""
    options = _parser().parse_args(arguments)
    interruption = Interruption()
    try:
        with steps.only_one("serve", otherwise="bin/serve already runs in this checkout:") as lock:
            lock.write_text(f"process {os.getpid()}, http://localhost:{options.port}/")
            check_port(options.port)
            with steps.only_one("set-up"):
                plan, accounts = set_up(demo=not options.no_demo)
            return _serve(options.port, plan, accounts, interruption)
    except StepFailed as error:
        return steps.fail(error)
    except KeyboardInterrupt:
        print("\nStopped during the set-up; bin/serve goes on where it was.")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/serve",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port", type=port_number, default=DEFAULT_PORT, help=f"default: {DEFAULT_PORT}"
    )
    parser.add_argument(
        "--no-demo",
        action="store_true",
        help="without the demo accounts (public passwords); those that exist are disabled",
    )
    return parser


def port_number(text: str) -> int:
    """The port that the text names. Raises ArgumentTypeError for anything else."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 1 to {LAST_PORT}")
    return int(text)


def check_port(port: int) -> None:
    """Raises StepFailed if nobody can listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise StepFailed(
                    f"Port {port} is for root only. Take one from 1024 on: bin/serve --port 8000"
                ) from None
            raise StepFailed(
                f"Port {port} is taken by another program. Take another one: "
                f"bin/serve --port {port % LAST_PORT + 1}"
            ) from None


def set_up(*, demo: bool) -> tuple[Plan, str]:
    """Everything before the start; what the settings ask for, and the demo accounts' lines."""
    with step("Python packages") as outcome:
        outcome.text = environment.provide("base.txt")
    plan = read_plan()
    with step("Web page") as outcome:
        outcome.text = page.build()
    with step("Docker engine") as outcome:
        outcome.text = engine.provide()
    engine.provide_images(plan.image, extras=False)
    with step("Database") as outcome:
        # The web process checks; before, a demo of old may have what a real site may not.
        _manage("migrate", "--no-input", "--skip-checks")
        outcome.text = "up to date"
    with step("Courses") as outcome:
        courses = sorted(path for path in (ROOT / "courses/content").iterdir() if path.is_dir())
        for course in courses:
            _manage("course", "import", str(course.relative_to(ROOT)))
        outcome.text = ", ".join(course.name for course in courses)
    return plan, demo_accounts(plan, wanted=demo)


def demo_accounts(plan: Plan, *, wanted: bool) -> str:
    """The lines that name the demo accounts; empty where there are none, and then none gets in."""
    with step("Demo accounts") as outcome:
        if wanted and plan.is_demo:
            accounts = _manage("demo").strip()
            outcome.text = "there"
            return accounts
        disabled = _manage("demo", "--disable").split("\n")
        shut = ", ".join(line.removeprefix("disabled ") for line in disabled if line)
        why = "" if plan.is_demo else " (OPENAI_API_KEY, OPENAI_BASE_URL or HTTPS is set)"
        outcome.text = f"{shut} disabled{why}" if shut else f"none{why}"
    return ""


def _manage(*arguments: str) -> str:
    return steps.run([environment.PYTHON, "manage.py", *arguments], "set-up")


def read_plan() -> Plan:
    """Asks the settings, which know the environment and the file .env."""
    code = (
        "import json; from tutor import settings as s; print(json.dumps("
        "[s.USES_EMULATOR, s.IS_DEMO, s.EMBEDDED, s.SANDBOX_IMAGE, s.SANDBOX_CONCURRENCY]))"
    )
    return Plan(*json.loads(steps.run([environment.PYTHON, "-c", code], "set-up")))


def _serve(port: int, plan: Plan, accounts: str, interruption: Interruption) -> int:
    children: list[Child] = []
    try:
        _start(port, plan, children)
        _tell(port, plan, accounts)
        while True:
            ended = next((child for child in children if child.has_ended()), None)
            if ended:
                raise StepFailed(ended.obituary())
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        return 0
    finally:
        interruption.raises = False
        print("\nStopping …", flush=True)
        processes.end(children, lambda: interruption.hurry)
        engine.remove_leftovers(child.process.pid for child in children)
        print("Stopped.", flush=True)


def _start(port: int, plan: Plan, children: list[Child]) -> None:
    """Starts emulator, worker and web; `children` gets them in the order in which they end."""
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    if plan.uses_emulator:
        with step("Emulator") as outcome:
            address = int(os.environ.get("EMULATOR_PORT") or free_port())
            env["EMULATOR_PORT"] = str(address)
            log = LOGS / "emulator.jsonl"
            _child("emulator", children, env, "emulator", "--port", str(address), "--log", str(log))
            processes.wait_until(lambda: _listens(address), children[0], CHILD_START_S)
            outcome.text = "started"
    if not plan.embedded:
        with step("Worker") as outcome:
            argv = [
                str(environment.PYTHON),
                "-m",
                "celery",
                "-A",
                "tutor",
                "worker",
                "-Q",
                "sandbox,typing,judging",
            ]
            threads = ["-P", "threads", "-c", str(plan.concurrency)]
            children.insert(0, processes.start("worker", [*argv, *threads], env))
            outcome.text = "started"
    with step("Web") as outcome:
        _child("web", children, env, "serve", "--port", str(port))
        processes.wait_until(lambda: _is_healthy(port), children[0], CHILD_START_S)
        outcome.text = "started"


def _child(name: str, children: list[Child], env: dict[str, str], *arguments: str) -> None:
    argv = [str(environment.PYTHON), "manage.py", *arguments]
    children.insert(0, processes.start(name, argv, env))


def free_port() -> int:
    """A port that nobody listens on now. It is none of those that the kernel gives to whoever
    connects somewhere, and none that another process of ours has been given, so that none of them
    has it before our child listens."""
    while True:
        port = random.choice(OUR_PORTS)  # noqa: S311  # no secret
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((HOST, port))
            _claim(port)
            return port


def _claim(port: int) -> None:
    """Keep the port from other processes, as long as this one lives and asks for few more.
    Raises OSError if one of them has claimed it."""
    if sys.platform != "linux":
        return
    with socket.socket(socket.AF_UNIX) as claim:
        claim.bind(f"\0tutor-port-{port}")  # a name without a file; it ends with its socket
        _claims.append(claim.detach())
    if len(_claims) > MOST_CLAIMS:
        os.close(_claims.popleft())


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _is_healthy(port: int) -> bool:
    # A proxy of the environment has no business with this machine's own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _tell(port: int, plan: Plan, accounts: str) -> None:
    print(f"\nThe classroom is at http://localhost:{port}/  (Ctrl-C ends it)")
    if plan.uses_emulator:
        print("The tutor is the local emulator: no OPENAI_API_KEY is set.")
    if accounts:
        print(accounts)
    print("Ready", flush=True)
