"""The socket to the model is cut after every single event, with every close code.

An answer of text with all of them after each event. Of the codes the tutor only tells apart whether
they mean a proper end: in turns with tools each event is followed by one code of either kind, and
where there are two tools by that of the one kind in one script, of the other in the other.

In dialogues with moves (a prediction, also beside a run; a hint; an offer) there is one code after
each event, of the two kinds in turn. The student answers the prediction: another turn begins.

Each time the finished dialogue must equal the uninterrupted one: no message lost, none twice, each
run, prediction and hint once, and nothing of a prediction's run shown before its answer. The
database, the consumer, the session and the emulator are real; only the sandbox is played, by a run
that ends at once.

With the leak gate on, a model that solves the step is cut too: its pages see the question alone.
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
from sandbox.cases import Observation
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import Browser, browser, sessions_over
from tests.tutor.leaking import ASKED, STARTER, leaked_in, repeated
from tests.tutor.leaking import QUESTION as BETTER
from tests.tutor.trying import LEAK, Tried
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


def move(name: str, **arguments: Any) -> Call:
    return Call(name, json.dumps(arguments), call_id="call_move")


QUESTION = move("ask_prediction", call="1 + 1", question="What comes back?")

SCRIPTS = {
    "text": [],
    "tool": [call(1)],
    "two tools": [call(1), call(2)],
    "two tools of one id": [call(1, "call_0"), call(2, "call_0")],
    "prediction": [QUESTION],
    "prediction beside a run": [call(1), QUESTION],
    "hint": [move("give_hint", level=1)],
    "offer": [move("offer_check", what="attempt")],
}
MOVES = ("prediction", "prediction beside a run", "hint", "offer")
OWN = "print(1)\n"
# What is run: beside a question nothing but, when it is answered, the student's own program.
PROGRAMS = {
    "text": [], "tool": ["print(1)"], "two tools": ["print(1)", "print(2)"],
    "two tools of one id": ["print(1)", "print(2)"], "prediction": [OWN],
    "prediction beside a run": [OWN], "hint": [OWN], "offer": [],
}  # fmt: skip


TWO = {"type": "int", "repr": "2"}

# Which response of the dialogue is cut.
CASES = [
    ("text", 0), ("tool", 0), ("tool", 1), ("two tools", 0), ("two tools", 1),
    ("two tools of one id", 0), ("two tools of one id", 1), ("prediction", 0), ("prediction", 1),
    ("prediction beside a run", 0), ("prediction beside a run", 1), ("hint", 0), ("offer", 0),
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
        case "tool":
            return one_each
    return (one_each[event % 2],)


def model_of(calls: list[Call]) -> Any:
    """Runs what it has to run, then asks; always the same for the same items."""

    def model(request: Request) -> list[Any]:
        if calls and not any(item["type"] == "function_call" for item in request.items):
            return [Say("Let me see."), *calls]
        return [Say("What did you expect?")]

    return model


@pytest.fixture(autouse=True)
def everything_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends_at_once(run: Run) -> None:
        seen = tuple(Observation("value", TWO) for _ in run.cases)
        run.finish(Result(Status.OK, 0, stdout=f"{run.code}\n", observations=seen))

    monkeypatch.setattr(Run, "enqueue", ends_at_once)
    monkeypatch.setattr(link, "BACKOFF_S", (0.01,))


async def dialogue(
    name: str, student: User, lesson: Lesson, server: emulator.Emulator, *faults: Fault
) -> Any:
    """What rows and page hold in the end; None if there are faults and none struck."""
    async with browser(student, lesson) as page:
        await page.ready()
        server.faults.add(*faults)
        if name == "hint":  # which must be earned
            await page.send("run", id="own-run-1", code=OWN)
            await page.next("run_changed")
        await page.say("Why is it wrong?")
        await page.turn("done")
        if QUESTION in SCRIPTS[name]:
            await answer(page)
        seen = [frame["item"] for frame in page.frames if frame["type"] == "item"]
    await sessions_of(student)
    server.faults.clear()
    struck = any(exchange.outcome != "completed" for exchange in server.requests)
    server.requests.clear()
    if faults and not struck:
        return None
    return await in_database(stored, student), [(item["kind"], item.get("text")) for item in seen]


async def answer(page: Browser) -> None:
    """Say what is foretold; up to then nothing has been run."""
    assert not any(frame.get("run", {}).get("code") for frame in page.frames)
    [card] = {
        item["prediction"]["number"]
        for item in (frame.get("item") or {} for frame in page.frames)
        if item.get("kind") == "prediction"
    }
    await page.send("answer", id="answer-01", prediction=card, text="3")
    while (told := (await page.next("prediction"))["prediction"])["state"] == "comparing":
        assert told["gave"] == ""
    assert told["state"] == "wrong"
    await page.turn("done")


def stored(student: User) -> Any:
    conversation = Conversation.objects.get(student=student)
    payloads = StoredContext(conversation).payloads()
    for payload in payloads:
        for volatile in ("id", "status"):
            payload.pop(volatile, None)
    runs = Run.objects.filter(student=student).order_by("code").values_list("code", "stdout")
    predictions = list(conversation.predictions.values_list("call", "answer", "verdict", "gave"))
    hints = list(conversation.hints.values_list("level", "text"))
    return payloads, list(runs), conversation.turns.count(), predictions, hints


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
        student = await in_database(new_student)
        return await dialogue(name, student, lesson, server, *passing, fault)

    tried: Counter[int] = Counter()
    async with emulator.serve(model=model_of(SCRIPTS[name])) as server:
        settings.OPENAI_BASE_URL = server.base_url
        await close_client()
        whole = await dialogue(name, await in_database(new_student), lesson, server)
        (_, runs, _, predictions, hints), _ = whole
        assert [program for program, _ in runs] == PROGRAMS[name]
        assert len(predictions) == SCRIPTS[name].count(QUESTION)
        assert len(hints) == (name == "hint")
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
    if name in MOVES:
        assert tried.keys() & {*PROPER}
        assert tried.keys() & {*ERRORS}
    else:
        assert tried.keys() == {*PROPER, *ERRORS}
    assert tried.total() >= FEWEST_EVENTS


@pytest.mark.parametrize("response", [0, 1])
async def test_an_answer_that_leaks_is_not_shown_wherever_it_or_the_next_one_is_cut(
    response: int, lesson: Lesson, settings: Any, tried: Tried
) -> None:
    async with emulator.serve(model=repeated([Say(LEAK)], ASKED)) as server:
        settings.OPENAI_BASE_URL = server.base_url
        await close_client()
        for event in itertools.count():
            student = await in_database(User.objects.create, username=f"student-{event}")
            await in_database(Enrolment.objects.create, course=lesson.course, student=student)
            codes = PROPER if event % 2 else ERRORS
            code = codes[event // 2 % len(codes)]
            passing = [Fault("unknown_events")] * response
            async with browser(student, lesson) as page:
                await page.ready()
                server.faults.add(*passing, Fault("close", after=event, close_code=code))
                await page.say("Just give me the code.", STARTER)
                await page.turn("done")
            await sessions_of(student)
            server.faults.clear()
            items = [frame["item"] for frame in page.frames if frame["type"] == "item"]
            assert leaked_in(page.frames) == [], f"cut after event {event} with {code}"
            assert [item["text"] for item in items] == [BETTER]
            struck = any(exchange.outcome != "completed" for exchange in server.requests)
            server.requests.clear()
            if not struck:
                break
    await sessions_over()
    await close_client()
    assert event >= FEWEST_EVENTS
