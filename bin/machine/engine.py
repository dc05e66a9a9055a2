"""The Docker engine: one that answers is used; else Debian's is installed and started.

An engine started here is a service of the machine: it goes on when we end. The sandbox needs no
network at all, so an engine without bridge and firewall rules is good enough where the host (a
container, a CI machine) allows no better.
"""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.languages import DEFAULT, LANGUAGES, Language

from . import debian, environment, stamps, steps
from .debian import which
from .steps import LOGS, ROOT, StepFailed, step

SOCKET = "/var/run/docker.sock"
# How long an engine may take to answer one question, and to start.
ANSWER_S = 5.0
START_S = 60.0
POLL_S = 0.1
# Python leaves these beside sources.
CACHES = frozenset({"__pycache__"})
# Whose a container is: sandbox/container.py sets it.
OWNER_LABEL = "tutor.sandbox.owner"
REMOVE = """
import sys, docker
label, *owners = sys.argv[1:]
containers = docker.from_env(timeout=10).containers
for container in containers.list(all=True, filters={"label": label}, ignore_removed=True):
    if container.labels[label].startswith(tuple(owners)):
        try:
            container.remove(force=True)
        except docker.errors.APIError:
            pass  # it is being removed already
"""
# An engine that dies with one of these words lacks firewall rules or a bridge.
NETWORK_WORDS = ("iptables", "nf_tables", "nftables", "bridge", "NAT", "network controller")


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over the socket file at `path`."""

    def __init__(self, path: str) -> None:
        super().__init__("engine", timeout=ANSWER_S)
        # The socket file's path.
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER_S)
        self.sock.connect(self.path)


@contextmanager
def _connection(host: str) -> Iterator[http.client.HTTPConnection]:
    where = urlsplit(host)
    connection: http.client.HTTPConnection
    if where.scheme == "unix":
        connection = _UnixConnection(where.path)
    else:
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=ANSWER_S)
    try:
        yield connection
    finally:
        connection.close()


def answers() -> bool:
    """Whether the engine answers. Raises OSError if it cannot be asked."""
    return _ask("/_ping", "ping()")


def has_image(image: str) -> bool:
    """Whether the engine holds the image. Raises OSError if it cannot be asked."""
    return _ask(f"/images/{image}/json", f"images.get({image!r})")


def _ask(path: str, question: str) -> bool:
    """GETs the path; or, where certificates or ssh are needed, asks as the application does."""
    host = os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}"
    if os.environ.get("DOCKER_TLS_VERIFY") or urlsplit(host).scheme not in ("unix", "tcp", "http"):
        code = f"import docker; docker.from_env().{question}"
        asked = subprocess.run([environment.PYTHON, "-c", code], capture_output=True, check=False)
        return asked.returncode == 0
    with _connection(host) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except http.client.HTTPException:
            return False


def provide() -> str:
    """An engine that answers; what was done. Raises StepFailed with what to do where it cannot."""
    try:
        if answers():
            return "answers"
    except PermissionError:
        raise StepFailed(
            f"A Docker engine is there, but this user may not use {SOCKET}. Either start this "
            "command as root, or let the user in and log in again:\n"
            f"  sudo usermod -aG docker {os.environ.get('USER', 'NAME')}"
        ) from None
    except OSError:
        pass
    if host := os.environ.get("DOCKER_HOST"):
        raise StepFailed(
            f"DOCKER_HOST is {host}, and no Docker engine answers there. Start that engine, or "
            "unset DOCKER_HOST to use this machine's own."
        )
    _install()
    return _start()


def _install() -> None:
    if which("dockerd") is not None:
        return
    if not debian.is_debian():
        raise StepFailed(
            "No Docker engine answers, and one can be installed from here on Debian and Ubuntu "
            "only. Install Docker (https://docs.docker.com/engine/install/), start it until "
            "`docker version` shows a server, then start this command again."
        )
    try:
        debian.install("docker.io", "debootstrap")
    except StepFailed:
        # Without systemd, Debian's own attempt to start the engine may fail: that comes next.
        if which("dockerd") is None:
            raise


def _start() -> str:
    if os.geteuid() != 0:
        raise StepFailed(
            "A Docker engine is installed but does not run, and only root may start it. "
            "Either run\n  sudo systemctl start docker\nand start this command again, "
            "or start it as root."
        )
    if Path("/run/systemd/system").is_dir():
        steps.run(["systemctl", "start", "docker"], "dockerd")
        if _answers_within(START_S):
            return "started"
        raise StepFailed("The Docker engine was started but does not answer: journalctl -u docker")
    if _answers_within(1.0):
        return "started"
    return _spawn_or_explain()


def _spawn_or_explain() -> str:
    if _spawn():
        return "started"
    if not any(word in steps.tail(LOGS / "dockerd.log") for word in NETWORK_WORDS):
        raise StepFailed(_obituary())
    if _spawn("--iptables=false", "--ip6tables=false", "--bridge=none"):
        return "started without network"
    raise StepFailed(_obituary())


def _spawn(*options: str) -> bool:
    """Starts dockerd as a process of its own; whether it lives and answers."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = f"{os.environ.get('PATH', '')}{os.pathsep}{debian.SYSTEM_PATH}"
    with (LOGS / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(
            [which("dockerd") or "dockerd", *options],
            cwd="/",
            env=os.environ | {"PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    if _answers_within(START_S, process):
        return True
    process.terminate()
    process.wait()
    return False


def _answers_within(seconds: float, process: subprocess.Popen[bytes] | None = None) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        with suppress(OSError):
            if answers():
                return True
        time.sleep(POLL_S)
    return False


def _obituary() -> str:
    log = LOGS / "dockerd.log"
    return (
        f"The Docker engine does not start on this machine. The end of {steps.shown(log)}:\n"
        f"{steps.tail(log)}\n"
        "It needs root, cgroups below /sys/fs/cgroup and a kernel with namespaces and overlayfs. "
        "In a container: start that container privileged, or give it the socket of an engine "
        "(DOCKER_HOST)."
    )


def provide_images(plain: str, *, extras: bool) -> None:
    """The images of all languages, or of those that are no extras; the default one is `plain`."""
    for language in LANGUAGES.values():
        if language.is_extra and not extras:
            continue
        with step(f"Image for {language}") as outcome:
            outcome.text = _provide_image(language.image(plain), language)


def _provide_image(image: str, language: Language) -> str:
    """The image for a language, built from the present sources; what was done."""
    sources = [
        *stamps.files(ROOT / "sandbox" / "image", without=CACHES),
        *stamps.files(ROOT / "sandbox" / "inside", without=CACHES),
        ROOT / "sandbox" / "languages.py",
    ]
    wanted = stamps.fingerprint((path for path in sources if path.exists()), image)
    stamp = "image" if language is DEFAULT else f"image-{language}"
    if stamps.is_done(stamp, wanted) and has_image(image):
        return "as it was"
    if debian.can_install():
        # Where no registry can be reached, the image is made of Debian's packages.
        debian.provide({"debootstrap": "debootstrap"})
    stamps.begin(stamp)
    command = ["manage.py", "sandbox", "image", "--language", language.name]
    steps.run([environment.PYTHON, *command], "image")
    stamps.done(stamp, wanted)
    return "built"


def remove_leftovers(owners: Iterable[int]) -> None:
    """Removes the containers that these processes made and could not remove any more.

    The label's value begins with host name and process id: no other worker's container is touched.
    An engine that is gone has no containers; the next worker sweeps what it finds.
    """
    mine = tuple(f"{socket.gethostname()}-{pid}-" for pid in owners)
    with suppress(StepFailed):
        steps.run([environment.PYTHON, "-c", REMOVE, OWNER_LABEL, *mine], "set-up")
