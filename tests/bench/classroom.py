"""A classroom full of students, without the slow hash of their passwords, and its web process."""

import contextlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bin.machine.serving import free_port
from tests.bench.children import Child, child, environment
from tests.running import ROOT, SAMPLE
from tutor.protocol.frames import PROTOCOL

LESSON = f"/ws/lessons/first-steps/every-day-counts?protocol={PROTOCOL}"

# A child process of its own, because Django's settings are read once.
ENROL = """
import json, sys
import django
django.setup()
from datetime import timedelta
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import get_random_string
from courses.models import Course, Enrolment

names = [f"student-{number}" for number in range(int(sys.argv[1]))]
User.objects.bulk_create(User(username=name, password="!") for name in names)
students = list(User.objects.filter(username__in=names))
course = Course.objects.get(slug="first-steps")
Enrolment.objects.bulk_create(Enrolment(course=course, student=one) for one in students)
store = import_module(settings.SESSION_ENGINE).SessionStore()
sessions = [
    Session(
        session_key=get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789"),
        session_data=store.encode({
            SESSION_KEY: str(one.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: one.get_session_auth_hash(),
        }),
        expire_date=timezone.now() + timedelta(days=1),
    )
    for one in students
]
Session.objects.bulk_create(sessions)
name = settings.SESSION_COOKIE_NAME
print(json.dumps([f"{name}={session.session_key}" for session in sessions]))
"""


@dataclass(frozen=True)
class Room:
    """A database with the sample course and students in it. `cookies` log them in; `checkout` is
    the project's folder that serves it.
    """

    folder: Path
    env: dict[str, str]
    cookies: tuple[str, ...]
    checkout: Path = ROOT


def room(folder: Path, students: int, model_port: int, checkout: Path = ROOT) -> Room:
    """A classroom in `folder` whose model listens on `model_port`."""
    base_url = f"http://127.0.0.1:{model_port}/v1"
    env = environment(folder, OPENAI_BASE_URL=base_url, DJANGO_SETTINGS_MODULE="tutor.settings")
    sample = checkout / SAMPLE.relative_to(ROOT)
    _python(checkout, env, "manage.py", "migrate", "-v0")
    _python(checkout, env, "manage.py", "course", "import", str(sample))
    cookies = json.loads(_python(checkout, env, "-c", ENROL, str(students)))
    return Room(folder, env, tuple(cookies), checkout)


@contextlib.contextmanager
def web(room: Room, server: str = "daphne") -> Iterator[Child]:
    """The web process of `room` under `daphne` or `uvicorn`, for the length of a block."""
    port = free_port()
    arguments = ("manage.py", "serve", "--server", server, "--port", str(port))
    log = room.folder / f"{server}.log"
    with child(port, *arguments, env=room.env, log=log, checkout=room.checkout) as running:
        yield running


def servers() -> list[str]:
    """The ASGI servers that are installed."""
    return [name for name in ("daphne", "uvicorn") if importlib.util.find_spec(name)]


def _python(checkout: Path, env: dict[str, str], *arguments: str) -> str:
    said = subprocess.run(
        [sys.executable, *arguments], cwd=checkout, env=env, capture_output=True, text=True
    )
    if said.returncode:
        raise RuntimeError(said.stderr[-2000:])
    return said.stdout
