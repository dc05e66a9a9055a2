"""What only a database with many writers at once can show: two authors at the same course. And
that publishing means there what it means in SQLite."""

import pytest

from tests.programs import told_by
from tests.servers import postgres

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
    "errors": errors, "done": sorted(done), "course": course.title,
    "current": sorted(course.lessons.current().values_list("slug", "title")),
    "rows": Lesson.objects.count(),
}))
"""


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
