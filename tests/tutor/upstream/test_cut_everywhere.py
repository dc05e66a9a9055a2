"""The socket to the model is cut after every single event, with every close code.

An answer of text with all of them after each event. Of the codes the tutor only tells apart whether
they mean a proper end: in turns with tools each event is followed by one code of either kind, and
where there are two tools by that of the one kind in one script, of the other in the other.

Each time the finished dialogue must equal the uninterrupted one: no message lost, none twice, each
run once. The database, the consumer, the session and the emulator are real; only the sandbox is
played, by a run that ends at once.
"""

import asyncio
import itertools
import json
import sys
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Enrolment, Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import browser, sessions_over
from tutor import emulator
from tutor.database import in_database
from tutor.emulator import Call, Fault, Request, Say
from tutor.models import Conversation, StoredContext
from tutor.upstream.client import close_client
from tutor.upstream.sansio import link

pytestmark = pytest.mark.django_db(transaction=True)

# Those of a proper end, and those of an error.
PROPER = (1000, 1001)
ERRORS = (1006, 1009, 1011, 1012, 1013)
# A response has at least these: created, in progress, item, part, delta, the ends of them.
FEWEST_EVENTS = 8


def call(number: int, call_id: str = "") -> Call:
    arguments = json.dumps({"code": f"print({number})", "stdin": ""})
    return Call("execute_code", arguments, call_id=call_id or f"call_{number}")


SCRIPTS = {
    "text": [],
    "tool": [call(1)],
    "two tools": [call(1), call(2)],
    "two tools of one id": [call(1, "call_0"), call(2, "call_0")],
}


# Which response of the turn is cut.
CASES = [
    ("text", 0), ("tool", 0), ("tool", 1), ("two tools", 0), ("two tools", 1),
    ("two tools of one id", 0), ("two tools of one id", 1),
]  # fmt: skip


def codes_after(event: int, name: str) -> tuple[int, ...]:
    """The close codes to cut with after this event."""
    if name == "text":
        return PROPER + ERRORS
    one_each = PROPER[event // 2 % len(PROPER)], ERRORS[event // 2 % len(ERRORS)]
    match name:
        case "two tools":
            return (one_each[event % 2],)
        case "two tools of one id":
            return (one_each[1 - event % 2],)
    return one_each


def model_of(calls: list[Call]) -> Any:
    """Runs what it has to run, then asks; always the same for the same items."""

    def model(request: Request) -> list[Any]:
        if calls and request.items[-1].get("type") == "message":
            return [Say("Let me see."), *calls]
        return [Say("What did you expect?")]

    return model


@pytest.fixture(autouse=True)
def everything_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends_at_once(run: Run) -> None:
        run.finish(Result(Status.OK, 0, stdout=f"{run.code}\n"))

    monkeypatch.setattr(Run, "enqueue", ends_at_once)
    monkeypatch.setattr(link, "BACKOFF_S", (0.01,))


async def dialogue(student: User, lesson: Lesson, server: emulator.Emulator, *faults: Fault) -> Any:
    """What rows and page hold after one turn; None if there are faults and none struck."""
    async with browser(student, lesson) as page:
        await page.ready()
        server.faults.add(*faults)
        await page.say("Why is it wrong?")
        await page.turn("done")
        seen = [frame["item"] for frame in page.frames if frame["type"] == "item"]
    await sessions_of(student)
    server.faults.clear()
    struck = any(exchange.outcome != "completed" for exchange in server.requests)
    server.requests.clear()
    if faults and not struck:
        return None
    return await in_database(stored, student), [(item["kind"], item.get("text")) for item in seen]


def stored(student: User) -> Any:
    conversation = Conversation.objects.get(student=student)
    payloads = StoredContext(conversation).payloads()
    for payload in payloads:
        for volatile in ("id", "status"):
            payload.pop(volatile, None)
    runs = Run.objects.filter(student=student).order_by("code").values_list("code", "stdout")
    return payloads, list(runs), conversation.turns.count()


async def sessions_of(student: User) -> None:
    from tutor.web import consumers

    tasks = [
        task
        for task, session in consumers._running.items()
        if session.conversation.student_id == student.pk
    ]
    if tasks:
        await asyncio.wait(tasks)


@pytest.mark.parametrize(("name", "response"), CASES)
async def test_a_cut_after_any_event_with_any_code_changes_nothing(
    name: str, response: int, lesson: Lesson, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = itertools.count()

    def new_student() -> User:
        student = User.objects.create(username=f"student-{next(numbers)}")
        Enrolment.objects.create(course=lesson.course, student=student)
        return student

    async def cut_after(event: int, code: int) -> Any:
        # A fault strikes one response; these let the earlier ones of the turn pass.
        passing = [Fault("unknown_events")] * response
        fault = Fault("close", after=event, close_code=code)
        return await dialogue(await in_database(new_student), lesson, server, *passing, fault)

    tried: Counter[int] = Counter()
    async with emulator.serve(model=model_of(SCRIPTS[name])) as server:
        settings.OPENAI_BASE_URL = server.base_url
        await close_client()
        whole = await dialogue(await in_database(new_student), lesson, server)
        (_, runs, _), _ = whole
        programs = [json.loads(call.arguments)["code"] for call in SCRIPTS[name]]
        assert runs == [(program, f"{program}\n") for program in programs]
        for event in itertools.count():
            for code in codes_after(event, name):
                cut = await cut_after(event, code)
                if cut is None:
                    break
                tried[code] += 1
                assert cut == whole, f"cut after event {event} with {code}"
            if cut is None:
                break
    await sessions_over()
    await close_client()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{name}, response {response + 1}: {tried.total()} cuts, the same dialogue\n"
        )
    assert tried.keys() == {*PROPER, *ERRORS}
    assert tried.total() >= FEWEST_EVENTS
