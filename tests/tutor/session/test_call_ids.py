"""A server that names its calls as it likes: all alike, or in thousands of characters.

Consumer, session, rows and socket are real. The sandbox is played: a program prints its own text.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from websockets.asyncio.server import ServerConnection, serve

from courses.models import Enrolment, Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.page import printed
from tests.tutor.browser import PATIENCE_S, Browser, browser, sessions_over
from tests.tutor.turn.rows import check_outputs, paired
from tutor import emulator
from tutor.database import in_database
from tutor.emulator import Call, Request, Say
from tutor.models import Conversation, Dialogue, Item, StoredContext, Turn, TurnStarted
from tutor.protocol import frames
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.calls import run_name
from tutor.protocol.events import Ending, StudentSaid
from tutor.session.session import Session
from tutor.upstream.client import close_client

pytestmark = pytest.mark.django_db(transaction=True)

# As long as those of a model whose gateway keeps a signature in them, with all that a key or a
# name of ours could stumble over.
LONG_ID = "call.1:tutor:" + "ü/\n%{}" * 764 + "end"


@pytest.fixture
def ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "enqueue", play)


def play(run: Run) -> None:
    run.finish(Result(Status.OK, 0, stdout=run.code))


def calls(call_id: str, *programs: str) -> list[dict[str, Any]]:
    return [
        {
            "id": f"fc_{call_id}", "type": "function_call", "status": "completed",
            "call_id": call_id, "name": "execute_code",
            "arguments": json.dumps({"code": program, "stdin": ""}),
        }
        for program in programs
    ]  # fmt: skip


def says(text: str) -> list[dict[str, Any]]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
             "content": content}]  # fmt: skip


class Scripted:
    """A Responses server that says what is written down, whatever it is asked."""

    def __init__(self, answers: Iterable[list[dict[str, Any]]]) -> None:
        self._answers = iter(answers)
        # What each request for an answer brought, and what new sockets were told ahead of one.
        self.inputs: list[list[dict[str, Any]]] = []
        self.warmed: list[list[dict[str, Any]]] = []

    async def serve(self, line: ServerConnection) -> None:
        async for text in line:
            request = json.loads(text)
            output: list[dict[str, Any]] = []
            if request.get("generate") is False:
                self.warmed.append(request["input"])
            else:
                self.inputs.append(request["input"])
                output = next(self._answers)
            response = {"id": f"r{len(self.inputs)}", "usage": {"input_tokens": 1}}
            for kind, items in (("created", []), ("completed", output)):
                told = {**response, "output": items}
                await line.send(json.dumps({"type": f"response.{kind}", "response": told}))


@asynccontextmanager
async def scripted(settings: Any, *answers: list[dict[str, Any]]) -> AsyncIterator[Scripted]:
    far_end = Scripted(answers)
    async with serve(far_end.serve, "127.0.0.1", 0) as server:
        [port] = {address.getsockname()[1] for address in server.sockets}
        settings.OPENAI_BASE_URL = f"http://127.0.0.1:{port}/v1"
        await close_client()
        yield far_end
        await sessions_over()
        await close_client()


async def asked(page: Browser, text: str = "Why is it wrong?") -> None:
    await page.say(text)
    await page.turn("done")


async def shown_after_reload(student: User, lesson: Lesson) -> list[tuple[str, str, str]]:
    """What the page shows of the tutor's programs: the program, how it ended, what it printed."""
    async with browser(student, lesson) as page:
        items = (await page.next("hello"))["items"]
    runs = [item["run"] for item in items if item["kind"] == "run"]
    return [(run["code"], run["state"], printed(run)) for run in runs]


async def stored() -> list[dict[str, Any]]:
    conversation = await in_database(Conversation.objects.get)
    return await in_database(StoredContext(conversation).payloads)


def outputs(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The outputs among items: the id of the call, and what was printed."""
    theirs = [item for item in items if item["type"] == "function_call_output"]
    return [(item["call_id"], json.loads(item["output"]).get("stdout")) for item in theirs]


# Once more under the same id -------------------------------------------------------------------


@pytest.mark.usefixtures("ends_at_once")
async def test_a_call_under_the_id_of_an_earlier_turn_is_run_and_has_its_own_output(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    one, two = "print('program 1')", "print('program 2')"
    answers = calls("call_0", one), says("ok"), calls("call_0", two), says("ok")
    async with scripted(settings, *answers) as far_end:
        async with browser(ada, lesson) as page:
            await asked(page)
            await asked(page, "And now?")
            ended = [frame["run"] for frame in page.frames if frame["type"] == "run_changed"]
            assert {(run["code"], printed(run)) for run in ended if run["state"] == "ok"} == {
                (one, one), (two, two),
            }  # fmt: skip
        assert await shown_after_reload(ada, lesson) == [(one, "ok", one), (two, "ok", two)]
    assert outputs(far_end.inputs[1]) == [("call_0", one)]
    assert outputs(far_end.inputs[3]) == [("call_0", two)]
    check_outputs(await stored())


async def test_two_calls_under_one_id_in_a_response_are_answered_in_their_order(
    settings: Any, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[Run] = []

    def wait(run: Run) -> None:
        waits.append(run)

    monkeypatch.setattr(Run, "enqueue", wait)
    async with scripted(settings, calls("call_0", "1", "2"), says("ok")) as far_end:
        async with browser(ada, lesson) as page:
            await page.say("Why?")
            async with asyncio.timeout(10):
                while len(waits) < 2:
                    await asyncio.sleep(0.01)
            for run in reversed(waits):
                await in_database(play, run)
                while (await page.next("run_changed"))["run"]["state"] != "ok":
                    pass
            await page.turn("done")
        assert await shown_after_reload(ada, lesson) == [("1", "ok", "1"), ("2", "ok", "2")]
    assert outputs(far_end.inputs[1]) == [("call_0", "1"), ("call_0", "2")]


@pytest.mark.usefixtures("ends_at_once")
async def test_a_dialogue_that_is_told_anew_has_each_output_in_its_place(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    before = calls("call_0", "1", "2"), says("ok"), calls("call_0", "3"), says("ok")
    async with scripted(settings, *before), browser(ada, lesson) as page:
        await asked(page)
        await asked(page, "And now?")
    async with scripted(settings, says("ok")) as far_end, browser(ada, lesson) as page:
        await page.ready()
        assert far_end.warmed == [await stored()]
        assert [one for _, one in outputs(far_end.warmed[0])] == ["1", "2", "3"]


async def test_stop_gives_every_call_under_one_id_an_output(
    settings: Any, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "enqueue", lambda run: None)
    async with scripted(settings, calls("call_0", "1", "2")), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("running")
        await page.send("stop")
        await page.turn("stopped")
        assert [call_id for call_id, _ in outputs(await stored())] == ["call_0", "call_0"]
    shown = await shown_after_reload(ada, lesson)
    assert [(code, state) for code, state, _ in shown] == [("1", "cancelled"), ("2", "cancelled")]


# An id of any length ---------------------------------------------------------------------------


@pytest.mark.usefixtures("ends_at_once")
async def test_a_call_id_goes_back_as_it_came_however_long(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    assert len(LONG_ID) == 4_600
    async with scripted(settings, calls(LONG_ID, "1", "2"), says("ok")) as far_end:
        async with browser(ada, lesson) as page:
            await asked(page)
            assert LONG_ID not in json.dumps(page.frames)
        assert await shown_after_reload(ada, lesson) == [("1", "ok", "1"), ("2", "ok", "2")]
    assert outputs(far_end.inputs[1]) == [(LONG_ID, "1"), (LONG_ID, "2")]


# The name of a run -----------------------------------------------------------------------------


@pytest.mark.usefixtures("ends_at_once")
async def test_no_student_can_name_a_run_like_one_of_the_tutors(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    async with scripted(settings, calls("my-run-1", "1"), says("ok")), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="own")
        await asked(page)
        runs = [frame["run"] for frame in page.frames if frame["type"] == "run_changed"]
        assert {(run["by"], run["code"]) for run in runs} == {("student", "own"), ("tutor", "1")}
        [name] = {run["id"] for run in runs if run["by"] == "tutor"}
        for kind, more in (("run", {"code": ""}), ("stop_run", {}), ("input", {"text": ""})):
            with pytest.raises(frames.FrameError):
                frames.parse(json.dumps({"type": kind, "id": name, **more}))


# After a crash ---------------------------------------------------------------------------------


def model(request: Request) -> list[Any]:
    """Calls twice in one response, then once more, all under one id; then asks."""
    since = [item for item in request.items if item["type"] == "function_call_output"]
    programs = {0: ("1", "2"), 2: ("3",)}.get(len(since), ())
    arguments = [json.dumps({"code": program, "stdin": ""}) for program in programs]
    called = [Call("execute_code", one, call_id="call_0") for one in arguments]
    return called or [Say("What did you expect?")]


class Killed(Exception):
    """The session is gone, in the middle of what it did."""


class Mortal:
    """Stands in the way of a session's deeds, and ends it before or after one of them."""

    def __init__(self, *, done: bool) -> None:
        # Whether the last deed is done.
        self._done = done
        # So many deeds may be done before; None for all.
        self.left: int | None = None

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        perform = Session._perform_next

        async def perform_next(session: Session, actions: Any) -> Any:
            dies = self.left == 0
            if self.left is not None:
                self.left -= 1
            if dies and not self._done:
                raise Killed
            outcome = await perform(session, actions)
            if dies:
                raise Killed
            return outcome

        monkeypatch.setattr(Session, "_perform_next", perform_next)


_students = itertools.count()


def new_student(lesson: Lesson) -> User:
    student = User.objects.create(username=f"student-{next(_students)}")
    Enrolment.objects.create(course=lesson.course, student=student)
    return student


@pytest.mark.usefixtures("ends_at_once")
@pytest.mark.parametrize("done", [False, True])
async def test_a_session_that_dies_at_any_step_leaves_a_turn_that_comes_to_the_same_end(
    settings: Any, lesson: Lesson, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    """It dies before (or after) each thing that it does, and another one takes the turn over."""
    mortal = Mortal(done=done)
    mortal.stand_in(monkeypatch)

    async def dialogue(steps: int | None) -> Any:
        """What is stored and shown in the end; None if the session had no more steps to do."""
        student = await in_database(new_student, lesson)
        async with browser(student, lesson) as page:
            await page.ready()
            mortal.left = steps
            await page.say("Why?", name="message-0")
            killed = await is_cut_off(page)
        await sessions_over()
        mortal.left = None
        if killed:
            await go_on(student, lesson)
        elif steps is not None:
            return None
        shown = await shown_after_reload(student, lesson)
        return await in_database(rows_of, student), shown

    async with emulator.serve(model=model) as server:
        settings.OPENAI_BASE_URL = server.base_url
        await close_client()
        rows, shown = await dialogue(None)
        assert shown == [(code, "ok", code) for code in "123"]
        assert len(paired(rows)) == 3
        check_outputs(rows)
        steps = 0
        while cut := await dialogue(steps):
            assert cut == (rows, shown), f"it died at step {steps}"
            steps += 1
        await sessions_over()
        await close_client()
    assert steps > 10


def begun(conversation: Conversation, name: str) -> tuple[int, Turn]:
    outcome = Dialogue(conversation).say(StudentSaid(name, "Why?", "print(1)"))
    assert isinstance(outcome, TurnStarted)
    assert outcome.fence
    return outcome.fence, outcome.turn


@pytest.mark.usefixtures("ends_at_once")
async def test_a_turn_that_was_compacted_meanwhile_is_taken_up_by_the_numbers_of_its_calls(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    """What stands for the turns before is numbered among the items of the turn that is on."""

    def left_behind() -> None:
        conversation = Conversation.open(ada, lesson)
        fence, turn = begun(conversation, "message-1")
        Dialogue(conversation).store(fence, turn, [Save((*says("ok"),)), EndTurn(Ending.DONE)])
        before = StoredContext(conversation).payloads()
        fence, turn = begun(conversation, "message-2")
        StoredContext(conversation).add_compaction("cmp_1", before, [{"type": "compaction"}])
        Dialogue(conversation).store(fence, turn, [Save((*calls("call_0", "1", "2"),), "resp_2")])
        play(conversation.request_run("tutor", run_name(6), "2", files={}))
        conversation.release(fence)

    await in_database(left_behind)
    async with scripted(settings, says("ok")) as far_end:
        async with browser(ada, lesson) as page:
            await page.turn("done")
        assert await shown_after_reload(ada, lesson) == [("1", "ok", "1"), ("2", "ok", "2")]
    [told] = far_end.inputs
    assert outputs(told) == [("call_0", "1"), ("call_0", "2")]
    assert told[0]["type"] == "compaction"


async def go_on(student: User, lesson: Lesson) -> None:
    """Another page comes, and its session brings the turn to its end."""
    async with browser(student, lesson) as page:
        turn = (await page.next("hello"))["turn"]
        if turn is None:  # it died before the message was stored: the page sends it again
            await page.say("Why?", name="message-0")
        if turn is None or turn["state"] != "done":
            await page.turn("done")
    await sessions_over()


async def is_cut_off(page: Browser) -> bool:
    """Whether the connection ends before the turn does."""
    while True:
        sent = await page._communicator.receive_output(PATIENCE_S)
        if sent["type"] == "websocket.close":
            return True
        frame = json.loads(sent["text"])
        if (frame["type"], frame.get("state")) == ("turn", "done"):
            return False


def rows_of(student: User) -> list[dict[str, Any]]:
    payloads = list(
        Item.objects.filter(conversation__student=student).values_list("payload", flat=True)
    )
    return [
        {name: value for name, value in payload.items() if name not in ("id", "status")}
        for payload in payloads
    ]
