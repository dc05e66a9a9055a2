"""What only a database with many writers at once can show: two pages at the same conversation."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers import postgres

ROOT = Path(__file__).parent.parent

# The first thread stops in the middle of `say`, until the second one is through with it or waits.
RACE = """
import json, sys, threading
import django
django.setup()
from pathlib import Path
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from courses.models import Course
from courses.source import read
from tutor.events import (StudentSaid)
from tutor.models import Conversation

call_command("migrate", verbosity=0)
course = Course.publish(read(Path("courses/content/first-steps"))).course
ada = User.objects.create_user("ada")
conversation = Conversation.open(ada, course.lessons.current().earliest("position"))
for number in range(int(sys.argv[1])):
    conversation.say(StudentSaid(f"message-{number}", "Why?", "x"))

inside, through = threading.Event(), threading.Event()
check = Conversation._check_pace

def slow(self, *waiting):
    check(self, *waiting)
    if threading.current_thread() is first:
        inside.set()
        through.wait(1)

Conversation._check_pace = slow
errors = []

def say():
    try:
        Conversation.objects.get(pk=conversation.pk).say(StudentSaid("message-twice", "Hm?", "x"))
    except Exception as error:
        errors.append(type(error).__name__)
    finally:
        connections.close_all()

first, second = threading.Thread(target=say), threading.Thread(target=say)
first.start()
inside.wait(10)
second.start()
second.join(5)
through.set()
first.join()
second.join()
stored = [
    rows.filter(client_id="message-twice").count()
    for rows in (conversation.items, conversation.waiting)
]
print(json.dumps({"errors": errors, "stored": stored}))
"""


def race(url: str, messages_before: int) -> Any:
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tutor.settings"}
    done = subprocess.run(
        [sys.executable, "-c", RACE, str(messages_before)],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_a_message_that_two_pages_send_at_once_is_stored_once() -> None:
    with postgres() as url:
        assert race(url, 0) == {"errors": [], "stored": [1, 0]}


def test_a_message_that_two_pages_send_at_once_waits_once() -> None:
    with postgres() as url:
        assert race(url, 1) == {"errors": [], "stored": [0, 1]}
