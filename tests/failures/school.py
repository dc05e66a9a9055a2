"""A classroom for failures: real processes, many students, and what can be seen from outside."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bin.machine.serving import free_port
from tests.forked import Forked
from tests.hurried import SHORT_CLAIMS, Waits
from tests.page import Page, socket_of
from tests.running import Classroom, whole_lines
from tutor.protocol.frames import PROTOCOL

# Enough for every test, and for those who come back at once.
STUDENTS: Final = 200
# So old a socket to the model may become where waits are short.
ROTATE_S: Final = 2.0
# So many questions a student may ask in a minute, and so many are with the model at a time.
PER_MINUTE: Final = 3
AT_A_TIME: Final = 1
# A request must be complete within so long.
GRACE_S: Final = 2.0
# All open pages are looked at this often.
LOOK_EVERY_S: Final = 0.5
# Of how a slow answer is told, and when it is given up; of requests that trickle in.
WAITS: Final[Waits] = {
    **SHORT_CLAIMS,
    "tutor.upstream.upstream": {"SLOW_S": 0.5, "ANSWER_TIMEOUT_S": 5.0},
    "tutor.serving.bounds": {"GRACE_S": GRACE_S},
    "tutor.web.watch": {"LOOK_EVERY_S": LOOK_EVERY_S},
}
# Where the first lesson's socket is.
EVERY_DAY: Final = f"/ws/lessons/first-steps/every-day-counts?protocol={PROTOCOL}"
# What is answered in words alone, in one response.
HELLO: Final = "Hello"
WRONG: Final = "def kilometres(days):\n    return sum(range(1, days))\n"

# Students who are logged in: made by the product's own models, without the price of passwords.
ENROL: Final = f"""
from importlib import import_module
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.db import transaction
from courses.models import Course, Enrolment
Session = import_module(settings.SESSION_ENGINE).SessionStore
with transaction.atomic():
    users = User.objects.bulk_create(
        User(username=f"student-{{n}}", password="!") for n in range({STUDENTS})
    )
    for course in Course.objects.all():
        Enrolment.objects.bulk_create(Enrolment(course=course, student=user) for user in users)
    for user in users:
        session = Session()
        session[auth.SESSION_KEY] = str(user.pk)
        session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        print(f"sessionid={{session.session_key}}")
"""


@dataclass
class School:
    """One classroom and those who come to it; every test takes students of its own."""

    room: Classroom
    # Cookies of students who have not been here yet.
    cookies: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        printed = self.room.prepared.split()
        self.cookies = self.cookies or [word for word in printed if word.startswith("sessionid=")]

    @contextmanager
    def student(self, **options: Any) -> Iterator["Student"]:
        """A student who has never been here, on a page that the tutor is ready for."""
        before = self.room.requests()
        with socket_of(self.room, self.cookies.pop(), **options) as socket:
            student = Student(socket)
            student.asked_before = len(before)
            student.sockets_before = max((each["connection"] for each in before), default=0)
            student.conversation = student.next("hello")["conversation"]
            student.ready()
            yield student

    @contextmanager
    def held(self, student: "Student", text: str = HELLO) -> Iterator[None]:
        """An answer that has begun and goes on when the block is left."""
        # The fifth event brings its first word.
        self.room.order("silence", after=5, minutes=5)
        student.say(text)
        student.next("delta")
        yield
        self.room.order("clock", minutes=5)

    # What can be seen from outside

    def log(self, event: str, **facts: Any) -> list[dict[str, Any]]:
        """What the web processes have logged under this name."""
        lines = whole_lines(self.room.folder / "serve.log")
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in entries if {"event": event, **facts}.items() <= entry.items()]

    def asked(self, student: "Student") -> list[dict[str, Any]]:
        """The requests of this student that have an outcome. Those of an earlier one, who left in
        the middle of an answer, may have theirs now."""
        since = self.room.requests()[student.asked_before :]
        return [each for each in since if each["connection"] > student.sockets_before]

    def turn(self, conversation: int) -> str:
        """The state of its last turn, by its row."""
        query = "select state from tutor_turn where conversation_id = ? order by number desc"
        state: str = self.room.rows(query, conversation)[0][0]
        return state

    def roles(self, conversation: int) -> list[str]:
        """Who said what is stored, in order; the server's facts apart."""
        query = "select payload from tutor_item where conversation_id = ? order by number"
        payloads = [json.loads(payload) for (payload,) in self.room.rows(query, conversation)]
        roles = [payload.get("role", payload["type"]) for payload in payloads]
        return [role for role in roles if role != "developer"]

    def sockets_to_model(self) -> int:
        """Open connections to the emulator's port."""
        port = f"{int(self.room.env['EMULATOR_PORT']):04X}"
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(line[2].endswith(f":{port}") and line[3] == "01" for line in lines)


class Student(Page):
    """A page, and what is to be known of its student from outside."""

    conversation: int
    # How many requests the emulator had answered before, and the number of the last socket of them.
    asked_before: int
    sockets_before: int


class Memory:
    """How much memory a process takes at most, from here on."""

    def __init__(self, process: Forked) -> None:
        self._folder = Path("/proc") / str(process.pid)
        # 5 makes the kernel forget the highest mark.
        (self._folder / "clear_refs").write_text("5")
        self._before = self._peak_kib()

    @property
    def grown_mib(self) -> float:
        """By how much it has grown at most."""
        return (self._peak_kib() - self._before) / 1024

    def _peak_kib(self) -> int:
        status = (self._folder / "status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])


def beside(school: School, model_port: int) -> School:
    """A second web process on the same rows and model, whose waits and limits are small."""
    room = school.room
    env = {
        **room.env,
        "PING_SECONDS": "1",
        "DRAIN_SECONDS": "2.5",
        "UPSTREAM_ROTATE_MINUTES": str(ROTATE_S / 60),
        "QUESTIONS_PER_MINUTE": str(PER_MINUTE),
        "UPSTREAM_CONCURRENT": str(AT_A_TIME),
        "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
    }
    second = replace(room, port=free_port(), env=env, waits=WAITS)
    return School(second, school.cookies)
