"""What only a database with many writers at once can show: pages at the same conversation."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import psycopg
import pytest

from tests.programs import told_by
from tests.servers import postgres

MIGRATE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
print("null")
"""

# The first thread stops in the middle of `say`, until the second one is through with it or waits.
RACE = """
import json, sys, threading
import django
django.setup()
from pathlib import Path
from django.contrib.auth.models import User
from django.db import connections
from courses.models import Course
from courses.source import read
from tutor.protocol.events import StudentSaid
from tutor.models import Conversation, Dialogue, dialogue

course = Course.publish(read(Path("courses/content/first-steps"))).course
ada = User.objects.create_user("ada")
conversation = Conversation.open(ada, course.lessons.current().earliest("position"))
for number in range(int(sys.argv[1])):
    Dialogue(conversation).say(StudentSaid(f"message-{number}", "Why?", "x"))

inside, through = threading.Event(), threading.Event()
check = dialogue.check_limits

def slow(*asked):
    check(*asked)
    if threading.current_thread() is first:
        inside.set()
        through.wait(1)

dialogue.check_limits = slow
errors = []

def say():
    try:
        row = Conversation.objects.get(pk=conversation.pk)
        Dialogue(row).say(StudentSaid("message-twice", "Hm?", "x"))
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


# Four pages of one student, in two lessons, ask at once where one question a minute may be asked,
# and run programs at once; then a check ends with a value whose `__repr__` gives back what this
# database cannot hold.
RUNS = """
import json, threading, time
import django
django.setup()
from pathlib import Path
from django.contrib.auth.models import User
from django.db import connections
from django.conf import settings
from courses.models import Course
from courses.source import read
from sandbox.cases import Observation
from sandbox.job import Result, Status
from sandbox.models import Run
from tutor.models import Busy, Conversation, Dialogue, dialogue
from tutor.protocol.events import StudentSaid

Run.enqueue = lambda run: None
course = Course.publish(read(Path("courses/content/first-steps"))).course
ada = User.objects.create_user("ada")
pages = [Conversation.open(ada, lesson) for lesson in course.lessons.current()[:2]] * 2
together = threading.Barrier(len(pages))

def each(page, deed, errors):
    conversation = Conversation.objects.select_related("student", "lesson__course").get(pk=page.pk)
    together.wait()
    try:
        deed(conversation, f"my-frame-{threading.get_ident()}")
    except Exception as error:
        errors.append(type(error).__name__)
    finally:
        connections.close_all()

def at_once(deed):
    errors = []
    threads = [threading.Thread(target=each, args=[page, deed, errors]) for page in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors

check = dialogue.check_limits
def slowly(conversation):
    check(conversation)
    time.sleep(0.3)

settings.QUESTIONS_PER_MINUTE, dialogue.check_limits = 1, slowly
asked = at_once(lambda talk, name: Dialogue(talk).say(StudentSaid(name, "Why?", "x", base=0)))
errors = at_once(lambda talk, name: talk.request_run("student", name, "print(1)", files={}))
told = {"asked": asked, "errors": errors, "on": Run.objects.unfinished().count()}
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
from django.db import connections
from courses.models import Course
from courses.source import read
from sandbox.models import Run
from tutor.protocol import frames
from tutor.protocol.commands import StudentEdited, StudentRan
from tutor.protocol.events import StudentSaid
from tutor.models import Conversation, Dialogue, KeptVersion, Workbook
from tutor.session.runs import Runs
from tutor.turn.revisions import OwnWrites, Writer

settings.QUESTIONS_PER_MINUTE = 0
Run.enqueue = lambda run: None
course = Course.publish(read(Path("courses/content/first-steps"))).course
ada = User.objects.create_user("ada")
pk = Conversation.open(ada, course.lessons.current().earliest("position")).pk
STEP = "mend-the-sum"

def edit(conversation, name, own, **draft):
    return Workbook(conversation).save_program(StudentEdited(name, **draft), own)

def say(conversation, name, own, **draft):
    return Dialogue(conversation).say(StudentSaid(name, "Why?", **draft), own).written

def run(conversation, name, own, **draft):
    return Runs(conversation).start_own(StudentRan(name, **draft), own).written

def check(conversation, name, own, **draft):
    tried = frames.CheckCode(type="check_code", id=name, **draft)
    return Workbook(conversation).attempt(tried, own).written

errors, won, texts = [], [], set()

def write(how, name, base):
    try:
        conversation = Conversation.objects.select_related("student", "lesson__course").get(pk=pk)
        code = f"x = '{name}'"
        together.wait()
        own = OwnWrites(Writer(name, "browser"))
        written = how(conversation, name, own, code=code, step=STEP, base=base)
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
entries = list(conversation.history.order_by("number").values_list("number", "code", "page"))
unknown = Workbook(conversation).save_program(
    StudentEdited("edit-0001", "y", STEP, base=work.revision, version=2**53 - 1)
)
print(json.dumps({
    "errors": errors,
    "winners": [len(each) for each in won],
    "revision": work.revision,
    "program": [work.code] == won[-1],
    "lost": sorted(texts - kept - {each[0] for each in won}),
    "kept": len(kept),
    "numbered": [number for number, _, _ in entries] == list(range(1, len(texts) + 1)),
    "in history": {(code, page) for _, code, page in entries}
    == {(code, code.split("'")[1]) for code in texts},
    "unknown": unknown.made.version > 0,
    "dismissed": Workbook(conversation).dismiss(STEP, 2**53 - 1),
}))
"""

# Pages of one student answer one question, wish for one hint, and make one call of the tutor's, all
# at the same instant; then two of them hear of the end of the run.
MOVES = """
import json, threading
import django
django.setup()
from pathlib import Path
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from courses.models import Course
from courses.source import read
from sandbox.models import Run
from tests.tutor.models import methodical as deeds
from tutor.models import Conversation, Dialogue, Moves
from tutor.protocol.commands import StudentAnswered
from tutor.protocol.calls import (PredictionCall)
from tutor.protocol.events import (StudentAskedHint)

settings.QUESTIONS_PER_MINUTE = 0
Run.enqueue = lambda run: None
course = Course.publish(read(Path("courses/content/python-foundations"))).course
ada = User.objects.create_user("ada")
pk = Conversation.open(ada, course.lessons.current().get(slug="conditions")).pk

def page():
    return Conversation.objects.select_related("student", "lesson__course").get(pk=pk)

def at_once(deed, times=4):
    told, together = [], threading.Barrier(times)

    def each(number):
        try:
            conversation = page()
            together.wait()
            outcome = deed(conversation, number)
            told.append(getattr(outcome, "state", type(outcome).__name__))
        except Exception as error:
            told.append(getattr(error, "for_student", repr(error)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=each, args=[number]) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)

begun = deeds.say(page(), "message-1")
number = deeds.calls(page(), begun, "ask_prediction", call="price", question="?")
call = PredictionCall(number, "c", "price", "?")
made = at_once(lambda talk, _: Moves(talk).make(call))
deeds.ends(page(), begun, Moves(page()).make(call))
answered = at_once(lambda talk, n: Moves(talk).answer(StudentAnswered(f"answer-0{n}", number, "5")))
run = Run.objects.get()
deeds.gives(run, 5)
compared = at_once(lambda talk, _: Moves(talk).record_prediction(Run.objects.get()))
taken = at_once(lambda talk, _: Dialogue(talk).take_over())
deeds.ends(page(), type(begun)(page().turns.last(), [], page().fence))

def wish(talk, n):
    asked = StudentAskedHint(f"hint-000{n}", deeds.PROGRAM, step=deeds.STEP, base=1)
    return Moves(talk).ask_hint(asked)

hinted = at_once(wish)
talk = page()
print(json.dumps({
    "made": made, "answered": answered, "compared": compared, "taken": taken, "hinted": hinted,
    "rows": [talk.predictions.count(), Run.objects.count(), talk.hints.count(),
             talk.items.filter(client_id__startswith="answer").count()],
}))
"""


NUMBERS = count(1)


@pytest.fixture(scope="module")
def migrated() -> Iterator[str]:
    """The URL of a database that has all tables and no rows."""
    with postgres() as url:
        told_by(MIGRATE, url)
        yield url


@pytest.fixture
def url(migrated: str) -> str:
    """The URL of a copy of it."""
    server, _, template = migrated.rpartition("/")
    name = f"copy_{next(NUMBERS)}"
    with psycopg.connect(f"{server}/template1", autocommit=True) as database:
        database.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{server}/{name}"


def race(url: str, messages_before: int) -> Any:
    return told_by(RACE, url, str(messages_before))


def test_a_message_that_two_pages_send_at_once_is_stored_once(url: str) -> None:
    assert race(url, 0) == {"errors": [], "stored": [1, 0]}


def test_a_message_that_two_pages_send_at_once_waits_once(url: str) -> None:
    assert race(url, 1) == {"errors": [], "stored": [0, 1]}


def test_a_student_who_asks_or_runs_on_four_pages_at_once_has_the_limits_of_one(url: str) -> None:
    told = told_by(RUNS, url)
    # Of three, one is on a page of the lesson whose program is on.
    told["errors"].sort()
    errors = ["Busy", "BusyElsewhere", "BusyElsewhere"]
    kept = {"type": "main.X", "repr": "a\N{REPLACEMENT CHARACTER}b?"}
    assert told == {
        "asked": ["TooFast"] * 3, "errors": errors, "on": 1, "kept": [[kept, kept]],
    }  # fmt: skip


def test_of_pages_that_write_at_the_same_instant_one_wins_and_no_text_is_lost(url: str) -> None:
    told = told_by(WRITES, url)
    assert told == {
        "errors": [],
        "winners": [1] * 5,
        "revision": 5,
        "program": True,
        "lost": [],
        "kept": 15,
        "numbered": True,
        "in history": True,
        "unknown": True,
        "dismissed": False,
    }


def test_of_moves_that_pages_make_at_the_same_instant_each_is_stored_once(url: str) -> None:
    told = told_by(MOVES, url)
    assert told["made"] == ["dict"] * 4
    assert told["answered"] == ["This question was answered already."] * 3 + ["comparing"]
    assert told["compared"] == ["right"] * 4
    assert sorted(told["taken"]) == ["Busy()"] * 3 + ["TurnStarted"]
    assert told["hinted"].count("HintShown") == 1
    assert not any("Error" in one for one in told["hinted"])
    assert told["rows"] == [1, 1, 1, 1]
