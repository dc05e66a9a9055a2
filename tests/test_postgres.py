"""What only a database with many writers at once can show: two pages at the same conversation,
two authors at the same course. And that publishing means there what it means in SQLite."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
from tutor.protocol.events import StudentSaid
from tutor.models import Conversation, limits

call_command("migrate", verbosity=0)
course = Course.publish(read(Path("courses/content/first-steps"))).course
ada = User.objects.create_user("ada")
conversation = Conversation.open(ada, course.lessons.current().earliest("position"))
for number in range(int(sys.argv[1])):
    conversation.say(StudentSaid(f"message-{number}", "Why?", "x"))

inside, through = threading.Event(), threading.Event()
check = limits.check

def slow(*asked):
    check(*asked)
    if threading.current_thread() is first:
        inside.set()
        through.wait(1)

limits.check = slow
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


# Four pages of one student, in two lessons, run programs at once; then a check ends with a value
# whose `__repr__` gives back what this database cannot hold.
RUNS = """
import json, threading
import django
django.setup()
from pathlib import Path
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from courses.models import Course
from courses.source import read
from sandbox.cases import Observation
from sandbox.job import Result, Status
from sandbox.models import Run
from sandbox.tasks import execute
from tutor.models import Busy, Conversation

call_command("migrate", verbosity=0)
execute.apply_async = lambda *args, **kwargs: None
course = Course.publish(read(Path("courses/content/first-steps"))).course
ada = User.objects.create_user("ada")
pages = [Conversation.open(ada, lesson) for lesson in course.lessons.current()[:2]] * 2
errors, together = [], threading.Barrier(len(pages))

def run(page):
    conversation = Conversation.objects.select_related("student", "lesson__course").get(pk=page.pk)
    together.wait()
    try:
        conversation.request_run("student", f"my-run-{threading.get_ident()}", "print(1)")
    except Exception as error:
        errors.append(type(error).__name__)
    finally:
        connections.close_all()

threads = [threading.Thread(target=run, args=[page]) for page in pages]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
told = {"errors": errors, "on": Run.objects.unfinished().count()}
opaque = {"type": "main.X", "repr": "a\\0b\\udc80"}
value = {"type": "list", "items": [{"type": "dict", "entries": [[opaque, opaque]]}]}
seen = {"ended": "value", "value": value, "exception": None, "exit_code": None,
        "stdout": "", "stderr": "", "duration_ms": 1}
Run.objects.get().finish(Result(Status.OK, observations=(Observation.from_json(seen),)))
[kept] = Run.objects.get().observations[0]["value"]["items"]
print(json.dumps({**told, "kept": kept["entries"]}))
"""

# Pages of one student write one program at the same instant, again and again, each in its own way
# and all from the revision that is there; then a page names a version that no column can hold.
WRITES = """
import json, threading
import django
django.setup()
from pathlib import Path
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from courses.models import Course
from courses.source import read
from sandbox.models import Run
from sandbox.tasks import execute
from tutor.protocol import frames
from tutor.protocol.commands import StudentEdited, StudentRan
from tutor.protocol.events import StudentSaid
from tutor.models import Conversation, KeptVersion
from tutor.session.runs import Runs

call_command("migrate", verbosity=0)
settings.QUESTIONS_PER_MINUTE = 0
execute.apply_async = lambda *args, **kwargs: None
course = Course.publish(read(Path("courses/content/first-steps"))).course
ada = User.objects.create_user("ada")
pk = Conversation.open(ada, course.lessons.current().earliest("position")).pk
STEP = "mend-the-sum"

def edit(conversation, name, **draft):
    return conversation.workbook.write(StudentEdited(name, **draft))

def say(conversation, name, **draft):
    return conversation.say(StudentSaid(name, "Why?", **draft)).written

def run(conversation, name, **draft):
    return Runs(conversation).start_own(StudentRan(name, **draft)).written

def check(conversation, name, **draft):
    tried = frames.CheckCode(type="check_code", id=name, **draft)
    return conversation.workbook.attempt(tried).written

errors, won, texts = [], [], set()

def write(how, name, base):
    try:
        conversation = Conversation.objects.select_related("student", "lesson__course").get(pk=pk)
        code = f"x = '{name}'"
        together.wait()
        written = how(conversation, name, code=code, step=STEP, base=base)
        texts.add(code)
        if not written.made.version:
            won[-1].append(code)
    except Exception as error:
        errors.append(repr(error))
    finally:
        connections.close_all()

for base in range(5):
    won.append([])
    # A student has one run at a time: one of them asks for one.
    ways = [edit, edit, say, run if base % 2 else check]
    together = threading.Barrier(len(ways))
    threads = [
        threading.Thread(target=write, args=[how, f"frame-{base}-{number}", base])
        for number, how in enumerate(ways)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Run.objects.all().delete()
    conversation = Conversation.objects.get(pk=pk)
    if conversation.waiting.count() > 2:
        conversation.waiting.all().delete()

conversation = Conversation.objects.get(pk=pk)
work = conversation.works.get(step=STEP)
kept = set(KeptVersion.objects.values_list("code", flat=True))
unknown = conversation.workbook.write(
    StudentEdited("edit-0001", "y", STEP, base=work.revision, version=2**53 - 1)
)
print(json.dumps({
    "errors": errors,
    "winners": [len(each) for each in won],
    "revision": work.revision,
    "program": [work.code] == won[-1],
    "lost": sorted(texts - kept - {each[0] for each in won}),
    "kept": len(kept),
    "unknown": unknown.made.version > 0,
    "dismissed": conversation.workbook.dismiss(STEP, 2**53 - 1),
}))
"""

# What becomes of a course from its first publishing until its lessons are renamed and withdrawn.
COURSES = """
import json
import django
django.setup()
from dataclasses import replace
from pathlib import Path
from django.contrib.auth.models import User
from django.core.management import call_command
from courses.models import Course, KindChanged, Lesson
from courses.source import read
from tutor.models import Conversation

call_command("migrate", verbosity=0)
told = {}

def publish(source):
    done = Course.publish(source)
    return [done.new, done.changed, done.unchanged, done.withdrawn]

def compare(source):
    return [[one.state, one.slug, one.dialogues] for one in course.compare(source)]

source = read(Path("courses/content/first-steps"))
told["first time"] = publish(source)
told["again"] = publish(source)
course = Course.objects.get()
days, bag, saving = source.lessons
for name in ("ada", "ben"):
    student = User.objects.create_user(name)
    Conversation.open(student, course.lessons.current().get(slug=days.id))

renamed = replace(days, id="each-day-counts", was=(days.id,), title="Each day")
next_source = replace(source, lessons=(renamed, bag))
told["would change"] = compare(next_source)
told["renamed, withdrawn"] = publish(next_source)
told["current"] = list(course.lessons.current().order_by("position").values_list("slug", flat=True))
told["stayed"] = sorted(Conversation.objects.values_list("lesson__slug", "lesson__current"))
told["nothing left to change"] = compare(next_source)
told["back"] = publish(replace(next_source, lessons=(renamed, bag, saving)))
told["rows"] = Lesson.objects.count()

step = replace(days.steps[0], misconceptions=(), wrong=())
other = {"id": step.id, "kind": "explain", "prompt": "Read."}
broken = type(days).from_document({**renamed.document(), "steps": [other]})
try:
    publish(replace(next_source, lessons=(broken,)))
except KindChanged as refused:
    told["refused"] = refused.step
told["after that"] = compare(replace(next_source, lessons=(renamed, bag, saving)))
told["same source"] = course.source().lessons == (renamed, bag, saving)
print(json.dumps(told))
"""

# Both publish at once: the first stops in the middle, until the second is through or waits for it.
TWO_PUBLISH = """
import json, sys, threading
import django
django.setup()
from dataclasses import replace
from pathlib import Path
from django.core.management import call_command
from django.db import connections
from courses.models import Course, Lesson
from courses.source import read

call_command("migrate", verbosity=0)
source = read(Path("courses/content/first-steps"))
if sys.argv[1] == "known":
    Course.publish(source)
days, *rest = source.lessons
ours = replace(source, title="One", lessons=(replace(days, title="One"), *rest))
theirs = replace(source, title="Other", lessons=(replace(days, title="Other"), *rest))

inside, through = threading.Event(), threading.Event()
really_publish = Course._publish_lesson

def slow(self, *facts):
    really_publish(self, *facts)
    if threading.current_thread() is first and not inside.is_set():
        inside.set()
        through.wait(1)

Course._publish_lesson = slow
errors, done = [], []

def publish(source):
    try:
        Course.publish(source)
        done.append(source.title)
    except Exception as error:
        errors.append(repr(error))
    finally:
        connections.close_all()

first = threading.Thread(target=publish, args=[ours])
second = threading.Thread(target=publish, args=[theirs])
first.start()
inside.wait(10)
second.start()
second.join(5)
through.set()
first.join()
second.join()
course = Course.objects.get()
print(json.dumps({
    "errors": errors, "done": done, "course": course.title,
    "current": sorted(course.lessons.current().values_list("slug", "title")),
    "rows": Lesson.objects.count(),
}))
"""


def told_by(program: str, url: str, *arguments: str) -> Any:
    """What the program, run in a process of its own, prints of the database at `url`."""
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tutor.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def race(url: str, messages_before: int) -> Any:
    return told_by(RACE, url, str(messages_before))


def test_a_message_that_two_pages_send_at_once_is_stored_once() -> None:
    with postgres() as url:
        assert race(url, 0) == {"errors": [], "stored": [1, 0]}


def test_a_message_that_two_pages_send_at_once_waits_once() -> None:
    with postgres() as url:
        assert race(url, 1) == {"errors": [], "stored": [0, 1]}


def test_of_four_programs_that_a_student_starts_at_once_one_runs_and_what_it_says_is_stored() -> (
    None
):
    with postgres() as url:
        told = told_by(RUNS, url)
    kept = {"type": "main.X", "repr": "a\N{REPLACEMENT CHARACTER}b?"}
    assert told == {"errors": ["Busy"] * 3, "on": 1, "kept": [[kept, kept]]}


def test_of_pages_that_write_at_the_same_instant_one_wins_and_no_text_is_lost() -> None:
    with postgres() as url:
        told = told_by(WRITES, url)
    assert told == {
        "errors": [],
        "winners": [1] * 5,
        "revision": 5,
        "program": True,
        "lost": [],
        "kept": 15,
        "unknown": True,
        "dismissed": False,
    }


def test_publishing_means_what_it_means_in_the_embedded_database() -> None:
    with postgres() as url:
        told = told_by(COURSES, url)
    assert told == {
        "first time": [3, 0, 0, 0],
        "again": [0, 0, 3, 0],
        "would change": [
            ["changed", "each-day-counts", 2],
            ["unchanged", "pack-your-bag", 0],
            ["withdrawn", "saving-up", 0],
        ],
        "renamed, withdrawn": [0, 1, 1, 1],
        "current": ["each-day-counts", "pack-your-bag"],
        "stayed": [["each-day-counts", False], ["each-day-counts", False]],
        "nothing left to change": [
            ["unchanged", "each-day-counts", 2],
            ["unchanged", "pack-your-bag", 0],
        ],
        "back": [0, 1, 2, 0],
        "rows": 4,
        "refused": "mend-the-sum",
        "after that": [
            ["unchanged", "each-day-counts", 2],
            ["unchanged", "pack-your-bag", 0],
            ["unchanged", "saving-up", 0],
        ],
        "same source": True,
    }


@pytest.mark.parametrize("before", ["new", "known"])
def test_of_two_who_publish_at_once_the_second_waits_and_has_the_last_word(before: str) -> None:
    with postgres() as url:
        told = told_by(TWO_PUBLISH, url, before)
    assert told == {
        "errors": [],
        "done": ["One", "Other"],
        "course": "Other",
        "current": [
            ["every-day-counts", "Other"],
            ["pack-your-bag", "Pack your bag"],
            ["saving-up", "Saving up"],
        ],
        "rows": 4 if before == "new" else 5,
    }
