"""Consumer, session, turn, upstream and rows: a page at one end, the emulator at the other.

The sandbox is played by the test here: it finishes the rows. tests/test_story.py has the real one.
"""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from structlog.testing import capture_logs

from courses.models import Enrolment, Lesson
from sandbox.cases import Observation
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.page import printed
from tests.tutor.browser import Browser, browser, sessions_over, stored_session
from tutor import emulator
from tutor.database import in_database
from tutor.emulator import Call, Fault, Pace, Say, script
from tutor.models import (
    Conversation,
    Dialogue,
    Item,
    Response,
    StoredContext,
    Turn,
    TurnStarted,
    Waiting,
    Workbook,
)
from tutor.models.dialogue import MAX_WAITING
from tutor.protocol import frames
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.events import Ending, StudentSaid
from tutor.turn.revisions import Draft
from tutor.upstream import socket
from tutor.web import consumers

pytestmark = pytest.mark.django_db(transaction=True)

# Slow enough for somebody to type meanwhile.
SLOWLY = Pace(tokens_per_s=20)
RUN_IT = Call("execute_code", json.dumps({"code": "print(41)", "stdin": ""}))


@pytest.fixture(autouse=True)
def nothing_runs_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is the sandbox worker."""
    monkeypatch.setattr("sandbox.tasks.execute.apply_async", lambda *args, **kwargs: None)


@pytest.fixture
def upstream(settings: Any) -> Callable[..., Any]:
    """Starts an emulator and points the tutor at it."""

    def serve(*answers: Any, **options: Any) -> Any:
        if answers:
            options["model"] = script(*answers)
        return Pointed(settings, **options)

    return serve


class Pointed:
    """An emulator that the settings point at, for the length of a block."""

    def __init__(self, settings: Any, **options: Any) -> None:
        self._settings = settings
        self._serve = emulator.serve(**options)

    async def __aenter__(self) -> emulator.Emulator:
        server = await self._serve.__aenter__()
        self._settings.OPENAI_BASE_URL = server.base_url
        await socket.close_client()
        return server

    async def __aexit__(self, *error: Any) -> None:
        await sessions_over()
        await self._serve.__aexit__(*error)
        await socket.close_client()


Upstream = Callable[..., Any]


async def open_run() -> Run:
    """The one run that is open, as soon as there is one."""
    async with asyncio.timeout(10):
        while True:
            run = await in_database(Run.objects.unfinished().first)
            if run:
                return run
            await asyncio.sleep(0.01)


async def finish_run(result: Result) -> Run:
    """Play the worker: end the open run and say so."""
    run = await open_run()
    await in_database(run.finish, result)
    return run


async def tell(run: Run, what: str, **facts: str) -> None:
    """Say something about a run over the channel layer, as the worker does."""
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(run.group, {"type": what, "key": run.key, **facts})


def frames_of(server: emulator.Emulator) -> list[dict[str, Any]]:
    """All frames that the model was sent."""
    return [exchange.frame for exchange in server.requests if exchange.frame]


def told(server: emulator.Emulator) -> list[dict[str, Any]]:
    """The create frames that asked for an answer."""
    creates = [exchange.frame for exchange in server.requests if exchange.type == "response.create"]
    return [frame for frame in creates if frame.get("generate") is not False]


# The way of a question -------------------------------------------------------------------------


async def test_a_question_is_stored_acknowledged_answered_and_stored_again(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What do you expect it to print?")]), browser(ada, lesson) as page:
        hello = await page.next("hello")
        assert hello["items"] == []
        [step] = lesson.source().code_steps()
        assert hello["steps"][0]["code"] == step.starter
        name = await page.say("Why is it wrong?", "print(2)\n")
        accepted = await page.next("accepted")
        assert accepted["id"] == name
        assert (await in_database(Item.objects.get)).payload["role"] == "user"
        await page.turn("speaking")
        item = (await page.next("item"))["item"]
        assert (item["kind"], item["text"]) == ("tutor", "What do you expect it to print?")
        await page.turn("done")
        spoken = "".join(frame["text"] for frame in page.frames if frame["type"] == "delta")
        assert spoken == item["text"]
    turn = await in_database(Turn.objects.get)
    assert turn.state == "done"


async def test_after_a_reload_the_dialogue_is_there_and_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")], [Say("And now?")]) as server:
        async with browser(ada, lesson) as page:
            await page.ready()
            await page.say("one", "print(2)\n")
            await page.turn("done")
        async with browser(ada, lesson) as page:
            hello = await page.next("hello")
            assert [item["text"] for item in hello["items"]] == ["one", "What if?"]
            assert hello["steps"][0]["code"] == "print(2)\n"
            await page.ready()
            await page.say("two", "print(2)\n")
            await page.turn("done")
        assert [len(frame["input"]) for frame in told(server)] == [1, 1]
        assert len(server.requests[2].frame["input"]) == 2  # the second socket's warm-up


async def test_the_program_goes_along_only_when_it_changed(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with (
        upstream([Say("a?")], [Say("b?")], [Say("c?")]) as server,
        browser(ada, lesson) as page,
    ):
        await page.ready()  # else the warm-up might bring the first question along
        for code in ("print(2)\n", "print(2)\n", "print(3)\n"):
            await page.say("Why?", code)
            await page.turn("done")
        contents = [frame["input"][-1]["content"] for frame in told(server)]
        assert [len(content) for content in contents] == [3, 2, 3]
        assert "print(3)" in contents[2][2]["text"]


async def test_who_the_student_is_never_goes_upstream(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("a?")]) as server, browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("done")
        sent = [dict(exchange.frame) for exchange in server.requests]
    # A name of three letters from a to f may stand in any hash.
    hashes = {frame.pop("safety_identifier") for frame in sent}
    assert [len(each) for each in hashes] == [64]
    for secret in ("ada", "Byron", "school.example"):
        assert secret.lower() not in json.dumps(sent).lower().replace("gpt-6-astra", "")


async def test_solution_and_hidden_cases_go_nowhere(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("a?")]) as server, browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("done")
        seen = json.dumps([exchange.frame for exchange in server.requests] + page.frames)
    [step] = lesson.document["steps"]
    assert json.dumps(step["solution"])[1:-1] not in seen
    for case in step["hidden"]:
        assert json.dumps(case["call"])[1:-1] not in seen


# Runs ------------------------------------------------------------------------------------------


async def test_the_tutor_runs_the_program_and_goes_on_with_what_it_printed(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]) as server, browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        call = (await page.next("item"))["item"]
        assert (call["kind"], call["run"]["code"]) == ("run", "print(41)")
        await page.turn("running")
        await finish_run(Result(Status.OK, 0, stdout="41\n", duration_ms=3))
        while (await page.next("run_changed"))["run"]["state"] != "ok":
            pass
        await page.turn("done")
        output = told(server)[-1]["input"][-1]
        assert output["type"] == "function_call_output"
        assert json.loads(output["output"])["stdout"] == "41\n"


async def test_a_lost_notification_does_not_hold_up_the_turn(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.LOOK_S", 0.05)
    monkeypatch.setattr("sandbox.models.notify", lambda *nobody_hears_this: None)
    async with upstream([RUN_IT], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        await finish_run(Result(Status.OK, 0, stdout="41\n"))
        await page.turn("done")


async def test_a_run_that_nobody_takes_ends_as_unavailable_and_the_dialogue_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.LOOK_S", 0.05)
    monkeypatch.setattr("tutor.session.runs.RUN_TIMEOUT_S", 0.1)
    async with upstream([RUN_IT], [Say("Read it.")]) as server, browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        await page.turn("done")
        output = json.loads(told(server)[-1]["input"][-1]["output"])
        assert output["status"] == "unavailable"


async def test_a_run_in_a_long_queue_is_not_given_up(
    upstream: Upstream, ada: User, stranger: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.LOOK_S", 0.02)
    monkeypatch.setattr("tutor.session.runs.RUN_TIMEOUT_S", 0.05)

    def somebody_else_is_being_served() -> None:
        run = Run.request(
            key="other", code="…", stdin="", student=stranger, origin="student", group="other"
        )
        assert Run.objects.claim(str(run.pk))

    await in_database(somebody_else_is_being_served)
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)")
        await page.next("run_changed")
        await asyncio.sleep(0.3)  # many looks later
        run = await in_database(Run.objects.get, group__startswith="conversation")
        assert run.status == "queued"
        await in_database(run.finish, Result(Status.OK, 0))


async def test_the_end_of_a_run_reaches_a_page_that_was_loaded_meanwhile(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.LOOK_S", 0.05)
    monkeypatch.setattr("sandbox.models.notify", lambda *nobody_hears_this: None)
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("run", id="my-run-1", code="print(7)")
            await page.next("run_changed")
        async with browser(ada, lesson) as page:
            assert (await page.next("hello"))["last_run"]["state"] == "queued"
            await finish_run(Result(Status.OK, 0, stdout="7\n"))
            while (await page.next("run_changed"))["run"]["state"] != "ok":
                pass


async def test_the_students_own_run_takes_the_same_way_without_the_model(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream() as server, browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)", stdin="")
        assert (await page.next("run_changed"))["run"]["state"] == "queued"
        run = await finish_run(Result(Status.OK, 0, stdout="7\n"))
        assert (run.origin, run.student_id) == ("student", ada.pk)
        frame = await page.next("run_changed")
        assert frame["run"] | {"id": "my-run-1", "by": "student"} == frame["run"]
        assert printed(frame["run"]) == "7\n"
        assert told(server) == []
    async with upstream(), browser(ada, lesson) as page:
        assert printed((await page.next("hello"))["last_run"]) == "7\n"


async def test_a_second_run_while_one_is_on_is_refused(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)")
        await page.next("run_changed")
        await page.send("run", id="my-run-2", code="print(8)")
        refused = await page.next("refused")
        assert (refused["id"], refused["code"]) == ("my-run-2", "busy")
        await finish_run(Result(Status.OK, 0))


async def test_output_reaches_the_page_while_the_program_runs(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)")
        await page.next("run_changed")
        run = await open_run()
        await tell(run, "run.printed", stream="stdout", text="7\n")
        assert await page.next("output") == {
            "type": "output", "run": "my-run-1", "stream": "stdout", "text": "7\n",
        }  # fmt: skip
        await finish_run(Result(Status.OK, 0))


# Steps and attempts ----------------------------------------------------------------------------


async def judged(page: Browser, name: str) -> dict[str, Any]:
    """The attempt of that name once it is over. The end of an earlier one may be told twice."""
    while True:
        attempt: dict[str, Any] = (await page.next("attempt"))["attempt"]
        if attempt["id"] == name and attempt["state"] not in ("queued", "running"):
            return attempt


async def test_a_check_is_acknowledged_judged_and_found_again(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("check_code", id="attempt-1", code="def kilometres(days): ...\n")
            attempt = (await page.next("attempt"))["attempt"]
            assert (attempt["id"], attempt["state"], attempt["position"]) == (
                "attempt-1", "queued", 1,
            )  # fmt: skip
            await finish_run(Result(Status.OK))
            attempt = await judged(page, "attempt-1")
            assert (attempt["state"], attempt["number"]) == ("failed", 0)
            await page.send("check_code", id="attempt-2", code="def kilometres(days): ...\n")
            run = await open_run()
            crashed = Observation("crashed")
            await finish_run(Result(Status.OK, observations=(crashed,) * len(run.cases)))
            attempt = await judged(page, "attempt-2")
            assert (attempt["state"], attempt["number"], attempt["passed"]) == ("judged", 1, False)
            # A run that is made for a check is no run of the student's own.
            assert all(frame["type"] != "run_changed" for frame in page.frames)
        async with browser(ada, lesson) as page:
            step = (await page.next("hello"))["steps"][0]
            assert (step["attempts"], step["last"]) == (1, attempt)


async def test_the_end_of_a_check_reaches_a_page_that_was_loaded_meanwhile(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.LOOK_S", 0.05)
    monkeypatch.setattr("sandbox.models.notify", lambda *nobody_hears_this: None)
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("check_code", id="attempt-1", code="pass")
            await page.next("attempt")
        async with browser(ada, lesson) as page:
            assert (await page.next("hello"))["steps"][0]["last"]["state"] == "queued"
            await finish_run(Result(Status.UNAVAILABLE, message="Nobody is there."))
            assert (await judged(page, "attempt-1"))["message"] == "Nobody is there."


async def test_a_check_can_be_stopped(upstream: Upstream, ada: User, lesson: Lesson) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send("check_code", id="attempt-1", code="pass")
        await page.next("attempt")
        await page.send("stop_run", id="attempt-1")
        assert (await judged(page, "attempt-1"))["state"] == "failed"


async def test_those_who_wait_are_told_their_place_in_line(
    upstream: Upstream, ada: User, stranger: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.LOOK_S", 0.05)

    def others_were_first() -> list[Run]:
        whose: Any = {"student": stranger, "origin": "student", "group": "other"}
        return [Run.request(key=f"other-{n}", code="…", **whose) for n in range(2)]

    others = await in_database(others_were_first)
    async with upstream(), browser(ada, lesson) as page:
        await page.send("check_code", id="attempt-1", code="pass")
        assert (await page.next("attempt"))["attempt"]["position"] == 3
        await in_database(others[0].finish, Result(Status.OK, 0))
        assert (await page.next("attempt"))["attempt"]["position"] == 2
        await in_database(others[1].finish, Result(Status.OK, 0))
        assert (await page.next("attempt"))["attempt"]["position"] == 1
        await finish_run(Result(Status.UNAVAILABLE))


async def test_what_does_not_fit_the_lesson_is_refused_and_the_page_stays(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        for kind, more in (
            ("check_code", {"code": ""}), ("predict", {"text": ""}), ("choose", {"choices": [0]}),
            ("run", {"code": ""}), ("say", {"text": "Hi", "code": ""}), ("edit", {"code": ""}),
            ("restore", {"base": 0, "version": 1}),
        ):  # fmt: skip
            await page.send(kind, id="some-name", step="no-such-step", **more)
            refused = await page.next("refused")
            assert (refused["id"], refused["code"]) == ("some-name", "bad_step")
        for kind, more in (("go", {}), ("dismiss", {"version": 1})):
            await page.send(kind, step="no-such-step", **more)
            assert (await page.next("error"))["code"] == "bad_step"
        await page.send("choose", id="attempt-1", choices=[0])
        assert (await page.next("refused"))["message"].startswith("This step is of another kind")
        await page.send("ping")
        await page.next("pong")


async def test_what_the_editor_holds_is_kept_for_each_step(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("go", step="mend-the-sum")
            await page.send("edit", step="mend-the-sum", code="half a thou")
            assert (await page.next("saved"))["step"] == "mend-the-sum"
        async with browser(ada, lesson) as page:
            hello = await page.next("hello")
            assert (hello["step"], hello["steps"][0]["code"]) == ("mend-the-sum", "half a thou")


@pytest.mark.parametrize(
    ("code", "status"), [(1001, "cancelled"), (1006, "queued")], ids=["closed", "lost"]
)
async def test_a_page_that_is_closed_takes_its_program_along_and_one_that_is_lost_does_not(
    upstream: Upstream, ada: User, lesson: Lesson, code: int, status: str
) -> None:
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("run", id="my-run-1", code="input()", interactive=True)
            await page.next("run_changed")
            await page.leave(code)
        await sessions_over()
        run = await in_database(Run.objects.get)
        assert run.status == status


async def test_typing_reaches_the_run(upstream: Upstream, ada: User, lesson: Lesson) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="input()", interactive=True)
        await page.next("run_changed")
        await page.send("input", id="my-run-1", text="Ada\n", ends=True)
        await page.send("edit", code="input()")
        await page.next("saved")  # one after the other
        run = await open_run()
        typed = await in_database(lambda: [(one.text, one.ends) for one in run.inputs.all()])
        assert typed == [("Ada\n", True)]
        await finish_run(Result(Status.OK, 0))


# Once and only once ----------------------------------------------------------------------------


async def test_the_same_message_sent_again_is_acknowledged_again_and_counts_once(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")]), browser(ada, lesson) as page:
        name = await page.say("Why?")
        first = await page.next("accepted")
        await page.turn("done")
        await page.say("Why?", name=name)
        assert await page.next("accepted") == first
    assert await in_database(Turn.objects.count) == 1


async def test_a_message_that_comes_during_a_run_waits_and_is_told_with_its_output(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("a?")]) as server, browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("running")
        name = await page.say("Hello?")
        assert (await page.next("accepted"))["item"] is None
        assert (await page.next("waiting"))["messages"] == [{"id": name, "text": "Hello?"}]
        await finish_run(Result(Status.OK, 0))
        item = (await page.next("item"))["item"]
        assert (item["kind"], item["id"], item["turn"]) == ("student", name, 1)
        await page.turn("done")
        last = told(server)[-1]
        kinds = [item.get("role", item["type"]) for item in last["input"]]
        assert kinds == ["function_call_output", "user"]
        assert last["previous_response_id"]
    assert not await in_database(Waiting.objects.exists)


async def test_a_message_that_comes_while_the_tutor_speaks_is_steered_in(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    question = Say("What do you expect it to print? Think of it slowly.")
    model = script([question], [Say("I see.")], [Say("And why?")])
    async with (
        upstream(model=model, pace=SLOWLY) as server,
        browser(ada, lesson) as page,
    ):
        await page.say("Why?")
        await page.turn("speaking")
        name = await page.say("Ah, it starts at 0!")
        while (item := (await page.next("item"))["item"])["kind"] != "student":
            pass
        assert item["id"] == name
        await page.turn("done")
        assert [frame["type"] for frame in frames_of(server)].count("response.steer") == 1
        assert len(told(server)) == 1
        await page.say("And now?")
        await page.turn("done")
        # What was steered in is part of what the socket holds: only what is new goes upstream.
        [last] = told(server)[1:]
        assert (len(last["input"]), bool(last["previous_response_id"])) == (1, True)
    kinds = await in_database(lambda: [item.kind for item in Item.objects.order_by("number")])
    assert kinds == ["student", "tutor", "student", "tutor", "student", "tutor"]
    assert await in_database(Turn.objects.count) == 2


async def test_a_message_that_no_model_can_be_steered_with_gets_a_turn_of_its_own(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.OPENAI_MODEL = "gpt-5.6"
    model = script([Say("What do you expect? Think of it slowly.")], [Say("I see.")])
    async with (
        upstream(model=model, pace=SLOWLY) as server,
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        await page.say("Why?")
        await page.turn("speaking")
        one = await page.say("First!")
        await page.next("waiting")
        two = await other.say("Second!")
        while len((await page.next("waiting"))["messages"]) < 2:
            pass
        assert (await page.turn("done"))["number"] == 1
        assert (await page.turn("done"))["number"] == 2
        # Whichever session answers: both messages are the last that the model hears.
        said = [item["content"][0]["text"] for item in told(server)[-1]["input"][-2:]]
        assert said == ["First!", "Second!"]
    names = await in_database(
        lambda: list(Item.objects.exclude(client_id="").values_list("client_id", flat=True))
    )
    assert names[1:] == [one, two]


async def test_stop_ends_the_answer_and_what_waits_is_answered_then(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.OPENAI_MODEL = "gpt-5.6"
    model = script([Say("word " * 200)], [Say("I see.")])
    async with upstream(model=model, pace=SLOWLY), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("speaking")
        await page.say("No, wait!")
        await page.next("waiting")
        await page.send("stop")
        assert (await page.turn("stopped"))["number"] == 1
        assert (await page.turn("done"))["number"] == 2


async def test_a_message_counts_once_also_while_it_waits(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("a?")]), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("running")
        for _ in range(2):
            await page.say("Hello?", name="message-twice")
            await page.next("accepted")
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")
    said = Item.objects.filter(client_id="message-twice")
    assert await in_database(said.count) == 1


async def test_only_so_many_messages_wait(upstream: Upstream, ada: User, lesson: Lesson) -> None:
    async with upstream([RUN_IT], [Say("a?")]), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("running")
        for _ in range(MAX_WAITING):
            await page.say("Hello?")
            assert (await page.next("accepted", "refused"))["type"] == "accepted"
        name = await page.say("Hello??")
        refused = await page.next("refused")
        assert (refused["id"], refused["code"]) == (name, "too_many")
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")


async def test_who_asks_too_fast_is_told_how_long_to_wait(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.QUESTIONS_PER_MINUTE = 2
    async with upstream([Say("a?")], [Say("b?")]), browser(ada, lesson) as page:
        for text in ("one", "two"):
            await page.say(text)
            await page.turn("done")
        name = await page.say("three")
        refused = await page.next("refused")
        assert (refused["id"], refused["code"]) == (name, "too_fast")
        assert re.search(r"in (5\d|60) s", refused["message"])
        # A minute later they may ask again.
        minute = timezone.now() - timedelta(minutes=1)
        await in_database(Item.objects.update, created_at=minute)
        await page.say("three", name=name)
        await page.next("accepted")


async def test_messages_that_wait_when_the_process_dies_are_answered_by_the_next(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    def left_behind() -> None:
        conversation = Conversation.open(ada, lesson)
        for number in range(2):
            Dialogue(conversation).say(StudentSaid(f"message-{number}", f"q{number}", "print(1)"))
        Conversation.objects.update(claimed_until=timezone.now())

    await in_database(left_behind)
    async with upstream([Say("One?")], [Say("Two?")]), browser(ada, lesson) as page:
        hello = await page.next("hello")
        assert hello["waiting"] == [{"id": "message-1", "text": "q1"}]
        while (await page.turn("done"))["number"] < 1:
            pass
    texts = await in_database(lambda: [item.kind for item in Item.objects.order_by("number")])
    # The dead process's turn is finished first; what waits is told with it or after it.
    assert texts.count("student") == 2
    assert texts[-1] == "tutor"
    assert not await in_database(Waiting.objects.exists)


async def test_two_pages_follow_one_turn(upstream: Upstream, ada: User, lesson: Lesson) -> None:
    async with (
        upstream([RUN_IT], [Say("Why 41?")]),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        await page.say("Why is it wrong?")
        assert (await other.next("item"))["item"]["text"] == "Why is it wrong?"
        await other.say("Me too!")
        assert (await page.next("waiting"))["messages"][0]["text"] == "Me too!"
        await finish_run(Result(Status.OK, 0, stdout="41\n"))
        await other.turn("done")
        shown = [frame["item"] for frame in other.frames if frame["type"] == "item"]
        assert [item["kind"] for item in shown] == ["student", "run", "student", "tutor"]
        await page.turn("done")


@pytest.mark.parametrize("by", ["student", "tutor"])
async def test_a_second_page_leaves_running_programs_alone(
    upstream: Upstream, ada: User, lesson: Lesson, by: str
) -> None:
    async with (
        upstream([RUN_IT], [Say("Why 41?")]),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        if by == "student":
            await page.send("run", id="my-run-1", code="print(7)")
        else:
            await page.say("Why is it wrong?")
        run = await open_run()
        claimed = await in_database(Run.objects.claim, str(run.pk))
        assert claimed
        await tell(run, "run.started")
        while (await other.next("run_changed"))["run"]["state"] != "running":
            pass
        await in_database(claimed.finish, Result(Status.OK, 0, stdout="7\n"))
        while (frame := await other.next("run_changed"))["run"]["state"] == "running":
            pass
        assert (frame["run"]["state"], printed(frame["run"])) == ("ok", "7\n")


async def test_one_student_runs_one_program_at_a_time_over_all_pages(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page, browser(ada, lesson) as other:
        await page.send("run", id="my-run-1", code="print(7)")
        await page.next("run_changed")
        await other.send("run", id="my-run-2", code="print(8)")
        assert (await other.next("refused"))["code"] == "busy"
        await page.send("run", id="my-run-1", code="print(7)")  # sent again: the same run
        assert (await page.next("run_changed", "refused"))["type"] == "run_changed"
        await finish_run(Result(Status.OK, 0))


async def test_too_many_pages_of_one_student_are_turned_away(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.web.consumers.MAX_PAGES", 1)
    async with upstream(), browser(ada, lesson) as page:
        await page.next("hello")
        async with browser(ada, lesson) as other:
            assert (await other.next("error"))["code"] == "too_many"
            assert await other.closed() == frames.Close.TOO_MANY


async def test_stop_on_the_other_page_stops_the_turn(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with (
        upstream([RUN_IT]),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await page.say("Why is it wrong?")
        await page.turn("running")
        await other.send("stop")
        await other.turn("stopped")
        await page.turn("stopped")


# Stop, loss, leaving ---------------------------------------------------------------------------


async def test_stop_keeps_what_was_said_and_the_dialogue_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    slow = Pace(tokens_per_s=50)
    model = script([Say("word " * 200)], [Say("Again?")])
    async with upstream(model=model, pace=slow) as server, browser(ada, lesson) as page:
        await page.say("Why?")
        await page.next("delta")
        await page.send("stop")
        item = (await page.next("item"))["item"]
        assert item["interrupted"]
        assert item["text"].startswith("word")
        await page.turn("stopped")
        await page.say("Go on.")
        await page.turn("done")
        roles = [item.get("role") for item in told(server)[-1]["input"]]
        assert roles == ["user", "assistant", "user"]


async def test_an_answer_that_breaks_off_is_withdrawn_and_comes_again_whole(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")], [Say("What if?")]) as server:
        async with browser(ada, lesson) as page:
            await page.ready()
            server.faults.add(Fault("close", after=6))
            await page.say("Why?")
            await page.next("withdrawn")
            await page.turn("done")
        texts = await in_database(
            lambda: [item.payload["role"] for item in Item.objects.order_by("number")]
        )
        assert texts == ["user", "assistant"]


async def test_a_model_that_fails_twice_gives_a_message_and_the_next_question_works(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")]) as server, browser(ada, lesson) as page:
        await page.ready()
        server.faults.add(*[Fault("rate_limited", retry_after_s=0.01)] * 2)
        await page.say("Why?")
        failed = await page.turn("failed")
        assert failed["message"]
        await page.say("Once more?")
        await page.turn("done")


async def test_try_again_takes_up_the_turn_that_failed(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")]) as server, browser(ada, lesson) as page:
        await page.ready()
        invalid = Fault("failed", code="invalid_prompt")
        server.faults.add(invalid)
        await page.say("Why?")
        await page.turn("failed")
        await page.send("again")
        await page.turn("done")
    assert await in_database(Turn.objects.count) == 1
    assert await in_database(Item.objects.count) == 2


async def test_try_again_without_a_failed_turn_does_nothing(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")]) as server, browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("done")
        await page.send("again")
        await page.send("ping")
        await page.next("pong")
        assert len(told(server)) == 1


async def test_what_each_response_cost_is_stored(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.ready()
        await page.say("Why?")
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")
    assert await in_database(Response.objects.count) == 3  # the warm-up is one
    totals = await in_database(Response.objects.totals)
    assert totals.input > totals.output > 0


async def test_a_long_dialogue_is_compacted_between_two_turns_and_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.COMPACT_AT_TOKENS = 100
    async with upstream([Say("One?")], [Say("Two?")]) as server:
        async with browser(ada, lesson) as page:
            await page.ready()
            await page.say("one")
            await page.turn("done")
            async with asyncio.timeout(10):
                while not await in_database(Item.objects.exclude(compacts_up_to=None).exists):
                    await asyncio.sleep(0.01)
            settings.COMPACT_AT_TOKENS = 1_000_000
            await page.say("two")
            await page.turn("done")
        last = told(server)[-1]
        assert "compaction" in [item["type"] for item in last["input"]]
        assert "previous_response_id" not in last
        assert last["input"][-1]["content"][0]["text"] == "two"
        async with browser(ada, lesson) as page:
            items = (await page.next("hello"))["items"]
        assert [item["text"] for item in items] == ["one", "One?", "two", "Two?"]


async def test_what_is_said_while_the_dialogue_is_compacted_is_told_after_it(
    ada: User, lesson: Lesson
) -> None:
    def rows() -> list[str]:
        conversation = Conversation.open(ada, lesson)
        for number in (1, 2):
            begun = Dialogue(conversation).say(StudentSaid(f"message-{number}", f"q{number}", "x"))
            assert isinstance(begun, TurnStarted)
            assert begun.fence
            Dialogue(conversation).store(begun.fence, begun.turn, [EndTurn(Ending.DONE)])
        for name in ("c1", "c2"):  # a compaction of the first message, then one of that
            [first, *_] = told = StoredContext(conversation).payloads()
            StoredContext(conversation).add_compaction(
                name, [first], [{"type": "compaction", "id": name}]
            )
            # One of what is there no more comes too late.
            StoredContext(conversation).add_compaction(
                "late", told, [{"type": "compaction", "id": "late"}]
            )
        return [
            payload.get("id") or payload["content"][0]["text"]
            for payload in StoredContext(conversation).payloads()
        ]

    assert await in_database(rows) == ["c2", "q2"]


async def test_a_page_closed_in_the_middle_of_a_turn_loses_nothing(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]):
        async with browser(ada, lesson) as page:
            await page.say("Why is it wrong?")
            await page.turn("running")
            await page.leave()
            await finish_run(Result(Status.OK, 0, stdout="41\n"))
        await sessions_over()
        async with browser(ada, lesson) as page:
            hello = await page.next("hello")
            assert [item["kind"] for item in hello["items"]] == ["student", "run", "tutor"]
            assert hello["turn"]["state"] == "done"


@pytest.mark.parametrize("stored", ["question", "call", "output", "answer"])
async def test_a_turn_whose_process_died_is_finished_by_the_next_page(
    upstream: Upstream, ada: User, lesson: Lesson, stored: str
) -> None:
    def left_behind() -> None:
        conversation = Conversation.open(ada, lesson)
        begun = Dialogue(conversation).say(StudentSaid("message-0", "Why?", "print(1)"))
        assert isinstance(begun, TurnStarted)
        assert begun.fence
        rest = [
            {"type": "function_call", "call_id": "call_1", "name": "execute_code",
             "arguments": RUN_IT.arguments},
            {"type": "function_call_output", "call_id": "call_1", "output": "{}"},
            {"type": "message", "role": "assistant", "content": "What if?"},
        ]  # fmt: skip
        count = ["question", "call", "output", "answer"].index(stored)
        for payload in rest[:count]:
            Dialogue(conversation).store(begun.fence, begun.turn, [Save((payload,))])
        # The lease of the dead process has run out.
        Conversation.objects.update(claimed_until=timezone.now())

    await in_database(left_behind)
    answers = [] if stored == "answer" else [[Say("What if?")]]
    async with upstream(*answers, **({} if answers else {"model": script()})):
        async with browser(ada, lesson) as page:
            if stored == "call":
                await finish_run(Result(Status.OK, 0))
            await page.turn("done")
        conversation = await in_database(Conversation.objects.get)
        payloads = await in_database(StoredContext(conversation).payloads)
        roles = [payload.get("role", payload["type"]) for payload in payloads]
        assert roles[0] == "user"
        assert roles[-1] == "assistant"
        assert roles.count("assistant") == roles.count("user") == 1


async def test_stop_reaches_a_turn_whose_process_died(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.LOOK_S", 0.05)

    def left_behind() -> None:
        Dialogue(Conversation.open(ada, lesson)).say(StudentSaid("message-0", "Why?", "print(1)"))

    await in_database(left_behind)
    slow = Pace(first_token_s=5)
    async with upstream(model=script([Say("too late")]), pace=slow), browser(ada, lesson) as page:
        assert (await page.next("hello"))["turn"]["state"] == "thinking"
        await page.send("stop")
        await page.send("ping")
        await page.next("pong")
        await in_database(Conversation.objects.update, claimed_until=timezone.now())
        await page.turn("stopped")


async def test_a_turn_that_has_ended_is_not_taken_over(ada: User, lesson: Lesson) -> None:
    def ended() -> tuple[Any, Any]:
        conversation = Conversation.open(ada, lesson)
        begun = Dialogue(conversation).say(StudentSaid("message-0", "Why?", "print(1)"))
        assert isinstance(begun, TurnStarted)
        assert begun.fence
        Dialogue(conversation).store(begun.fence, begun.turn, [EndTurn(Ending.STOPPED)])
        taken = Dialogue(conversation).take_over()
        conversation.refresh_from_db()
        return taken, conversation.claimed_until

    assert await in_database(ended) == (None, None)


async def test_an_answer_without_words_is_asked_for_again_and_then_told(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([], []), browser(ada, lesson) as page:
        await page.say("Why?")
        assert (await page.turn("failed"))["message"]
    assert await in_database(Item.objects.count) == 1


async def test_a_browser_that_goes_while_it_is_sent_something_loses_nothing(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with upstream([Say("What if?")]), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.next("accepted")

        async def gone(self: Any, **frame: Any) -> None:
            raise RuntimeError("the socket is closed")

        monkeypatch.setattr(consumers.ClassroomConsumer, "send", gone)
        await sessions_over()
    assert (await in_database(Turn.objects.get)).state == "done"


async def test_a_handler_that_raises_is_told_and_leaves_no_session_behind(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> None:
        raise RuntimeError("canary-4711")

    with capture_logs() as logged:
        async with upstream(), browser(ada, lesson) as page:
            await page.ready()
            monkeypatch.setattr(frames, "parse", broken)
            await page.send("ping")
            assert (await page.next("error"))["code"] == "crashed"
            assert await page.closed() == frames.Close.CRASHED
            await sessions_over()
    assert "canary-4711" not in str(logged)


async def test_without_a_channel_layer_the_dialogue_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*args: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("tutor.session.session.LOOK_S", 0.05)
    monkeypatch.setattr("tutor.session.notifications.PAUSE_S", 0.05)
    for call in ("receive", "group_send", "group_add"):
        monkeypatch.setattr(f"tutor.serving.layer.ThreadSafeLayer.{call}", down)
    async with upstream([RUN_IT], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")


async def test_a_session_that_lost_its_claim_writes_nothing_more(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("too late")]), browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        await page.turn("running")
        before = await in_database(Item.objects.count)
        await in_database(Conversation.objects.update, fence=99, claimed_until=None)
        await in_database(Turn.objects.update, state="stopped")
        await finish_run(Result(Status.OK, 0))
        await page.turn("stopped")
        assert await in_database(Item.objects.count) == before


async def test_the_editors_text_is_kept(upstream: Upstream, ada: User, lesson: Lesson) -> None:
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("edit", code="half a thou")
            await page.next("saved")
        async with browser(ada, lesson) as page:
            assert (await page.next("hello"))["steps"][0]["code"] == "half a thou"


# Bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "JSON"),
        ("[]", "object"),
        ('{"type": "shout"}', "unknown"),
        ("{}", "unknown"),
        ('{"type": "say", "id": "message-1", "text": "", "code": "", "base": 0}', "text"),
        (
            '{"type": "say", "id": "message-1", "text": "x", "code": "", "base": 0, "extra": 1}',
            "extra",
        ),
        ('{"type": "say", "id": "../etc", "text": "x", "code": ""}', "id"),
        ('{"type": "say", "id": "message-1", "text": "a\\u0000b", "code": ""}', "character"),
        ('{"type": "say", "id": "message-1", "text": "x", "code": ""}', "base"),
        ('{"type": "edit", "id": "edit-001", "base": -1, "code": ""}', "base"),
        ('{"type": "edit", "id": "edit-001", "base": 2147483648, "code": ""}', "base"),
        ('{"type": "edit", "id": "edit-001", "base": "1.5", "code": ""}', "base"),
        ('{"type": "restore", "id": "put-back", "step": "", "base": 0, "version": 0}', "version"),
        ('{"type": "edit", "id": "edit-001", "code": "' + "x" * 64_001 + '"}', "64000"),
        ('{"type": "edit", "code": "' + "x" * 1_000_000 + '"}', "too large"),
        ("[" * 100_000, "recursion"),
    ],
)
async def test_a_wrong_frame_is_answered_with_what_is_wrong_and_the_socket_stays(
    upstream: Upstream, ada: User, lesson: Lesson, text: str, said: str
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send_text(text)
        error = await page.next("error", "refused")
        assert error["code"] == "bad_frame"
        has_id = re.search(r'"id": "[\w-]{8}', text)
        assert error["type"] == ("refused" if has_id else "error")
        assert said in error["message"]
        await page.send("ping")
        await page.next("pong")


async def test_who_is_not_logged_in_is_told_so(upstream: Upstream, lesson: Lesson) -> None:
    async with upstream(), browser(AnonymousUser(), lesson) as page:
        error = await page.next("error")
        assert (error["code"], bool(error["message"])) == ("not_logged_in", True)
        assert await page.closed() == frames.Close.NOT_LOGGED_IN


async def test_who_is_not_enrolled_is_told_so(
    upstream: Upstream, stranger: User, lesson: Lesson
) -> None:
    async with upstream(), browser(stranger, lesson) as page:
        assert (await page.next("error"))["code"] == "not_enrolled"
        assert await page.closed() == frames.Close.NOT_ENROLLED


async def test_who_logs_out_elsewhere_is_turned_away_at_the_next_message(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    session = await in_database(stored_session)
    async with upstream(), browser(ada, lesson, session=session) as page:
        await page.next("hello")
        await in_database(session.delete)
        await page.say("Am I still here?")
        assert (await page.next("error"))["code"] == "not_logged_in"
        assert await page.closed() == frames.Close.NOT_LOGGED_IN
    assert await in_database(Item.objects.count) == 0


async def test_who_has_a_public_password_is_turned_away_where_there_is_no_demo(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    assert ada.check_password("ada")
    async with upstream(), browser(ada, lesson) as page:
        await page.next("hello")
        settings.IS_DEMO = False
        await page.say("Am I still here?")
        assert (await page.next("error"))["code"] == "not_logged_in"
        assert await page.closed() == frames.Close.NOT_LOGGED_IN
    assert await in_database(Item.objects.count) == 0


async def test_who_is_removed_from_the_course_is_turned_away_at_the_next_run(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.next("hello")
        await in_database(Enrolment.objects.all().delete)
        await page.send("run", id="my-run-1", code="print(1)")
        assert (await page.next("error"))["code"] == "not_enrolled"
        assert await page.closed() == frames.Close.NOT_ENROLLED
    assert await in_database(Run.objects.count) == 0


async def test_a_process_that_ends_finishes_its_turns_and_tells_its_pages(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        await page.turn("running")
        draining = asyncio.create_task(consumers.drain(10))
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")
        assert await page.closed() == frames.Close.RESTARTING
        await draining
    consumers._draining.clear()


async def test_a_turn_that_takes_too_long_for_a_process_that_ends_is_handed_over(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]):
        async with browser(ada, lesson) as page:
            await page.say("Why is it wrong?")
            await page.turn("running")
            await consumers.drain(0.05)
        consumers._draining.clear()
        async with browser(ada, lesson) as page:
            await finish_run(Result(Status.OK, 0))
            await page.turn("done")
    assert await in_database(Run.objects.count) == 1


async def test_a_lesson_that_does_not_exist_is_told_so(upstream: Upstream, ada: User) -> None:
    async with upstream(), browser(ada, "first-steps/no-such-lesson") as page:
        assert (await page.next("error"))["code"] == "no_lesson"
        assert await page.closed() == frames.Close.NO_LESSON


async def test_a_page_of_another_protocol_is_asked_to_reload(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson, query="protocol=0") as page:
        assert "Reload" in (await page.next("error"))["message"]
        assert await page.closed() == frames.Close.PROTOCOL


async def test_a_page_whose_browser_is_somebody_else_s_by_now_is_turned_away(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    theirs = await in_database(lambda: Conversation.open(ada, lesson).pk)
    query = f"protocol={frames.PROTOCOL}&conversation="
    async with upstream():
        for other in (theirs + 1, "", f"{theirs}&conversation={theirs}"):
            async with browser(ada, lesson, query=f"{query}{other}") as page:
                assert "somebody else" in (await page.next("error"))["message"]
                assert await page.closed() == frames.Close.OTHER
                assert all(frame["type"] != "hello" for frame in page.frames)
        async with browser(ada, lesson, query=f"{query}{theirs}") as page:
            assert (await page.next("hello"))["conversation"] == theirs


async def test_without_a_model_the_page_is_told_and_the_message_is_kept(
    ada: User, lesson: Lesson, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "READY_TIMEOUT_S", 0.1)
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    await socket.close_client()
    async with browser(ada, lesson) as page:
        assert (await page.next("tutor"))["state"] == "unavailable"
        await page.say("Anybody there?")
        assert (await page.turn("failed"))["message"]
    await sessions_over()
    assert await in_database(Item.objects.count) == 1
    await socket.close_client()


async def test_more_frames_than_can_be_worked_off_end_the_connection(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.INBOX_EVENTS", 4)
    async with upstream(), browser(ada, lesson) as page:
        await page.next("hello")
        for _ in range(64):
            await page.send("edit", code="x")
        assert await page.closed() == frames.Close.FLOOD


async def test_a_process_that_is_about_to_end_takes_no_turn_over(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.LOOK_S", 0.05)

    def left_behind() -> None:
        Dialogue(Conversation.open(ada, lesson)).say(StudentSaid("message-0", "Why?", "print(1)"))

    await in_database(left_behind)
    async with upstream([Say("too late")]) as server, browser(ada, lesson) as page:
        await page.ready()
        [session] = consumers._running.values()
        session.drain()
        await in_database(Conversation.objects.update, claimed_until=timezone.now())
        assert await page.closed() == frames.Close.RESTARTING
        assert told(server) == []


async def test_a_browser_that_does_not_read_is_cut_off(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.web.flow.CHECK_EVERY_CHARS", 200)
    monkeypatch.setattr("tutor.web.flow.MOST_UNREAD_CHARS", 1_000)
    async with upstream([Say("word " * 2_000)]), browser(ada, lesson) as page:
        await page.say("Why?")
        assert await page.closed() == frames.Close.TOO_SLOW


async def test_a_server_that_holds_back_what_is_not_read_holds_up_no_turn(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_again = asyncio.Event()
    send = consumers.ClassroomConsumer.send
    close = consumers.ClassroomConsumer.close

    async def held(self: Any, **frame: Any) -> None:
        await read_again.wait()
        await send(self, **frame)

    async def held_close(self: Any, code: int) -> None:
        await read_again.wait()
        await close(self, code)

    monkeypatch.setattr(consumers, "SEND_TIMEOUT_S", 0.05)
    monkeypatch.setattr(consumers, "CLOSE_TIMEOUT_S", 0.05)
    async with upstream([Say("What if?")]), browser(ada, lesson) as page:
        await page.ready()
        monkeypatch.setattr(consumers.ClassroomConsumer, "send", held)
        monkeypatch.setattr(consumers.ClassroomConsumer, "close", held_close)
        await page.say("Why?")
        await sessions_over()
        assert (await in_database(Turn.objects.get)).state == "done"
        read_again.set()
        assert await page.closed() == frames.Close.TOO_SLOW


async def test_a_browser_that_confirms_what_it_reads_gets_everything(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.web.flow.CHECK_EVERY_CHARS", 200)
    monkeypatch.setattr("tutor.web.flow.MOST_UNREAD_CHARS", 30_000)
    long = [Say("word " * 2_000)]
    async with upstream(long, long), browser(ada, lesson) as page:
        for _ in range(2):
            await page.say("Why?")
            while (frame := await page.next())["type"] != "turn" or frame["state"] != "done":
                if frame["type"] == "check":
                    await page.send("checked", id=frame["id"])
        checks = [frame["id"] for frame in page.frames if frame["type"] == "check"]
    assert checks == list(range(1, len(checks) + 1))
    assert checks


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that has not confirmed some hundred characters counts as behind."""
    monkeypatch.setattr("tutor.web.flow.CHECK_EVERY_CHARS", 200)
    monkeypatch.setattr("tutor.web.flow.HOLD_CHARS", 1_000)


async def test_a_browser_that_is_behind_gets_no_more_of_an_answer_until_it_has_read(
    upstream: Upstream, ada: User, lesson: Lesson, small_window: None
) -> None:
    async with (
        upstream([Say("word " * 300)], pace=Pace(tokens_per_s=2_000)) as server,
        browser(ada, lesson) as page,
    ):
        await page.say("Why?")
        # Nothing is confirmed: the answer is held back, while its end is written and stored.
        await page.turn("done")
        sent = "".join(frame["text"] for frame in page.frames if frame["type"] == "delta")
        assert len(sent) < 1_500
        [item] = [f["item"] for f in page.frames if f["type"] == "item"]
        assert item["text"] == "word " * 300
        assert server.open_connections == 1


async def test_a_browser_that_stays_behind_is_cut_off_and_the_answer_is_stored(
    upstream: Upstream,
    ada: User,
    lesson: Lesson,
    small_window: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tutor.web.consumers.STUCK_S", 0.2)
    monkeypatch.setattr("tutor.upstream.delta_buffer.HELD_CHARS", 500)
    text = "word " * 1_000
    async with (
        upstream([Say(text)], pace=Pace(tokens_per_s=2_000)),
        browser(ada, lesson) as page,
    ):
        await page.say("Why?")
        assert await page.closed() == frames.Close.TOO_SLOW
        await sessions_over()
        async with browser(ada, lesson) as again:
            assert (await again.next("hello"))["items"][-1]["text"] == text


async def test_a_session_that_crashes_says_so_and_logs_nothing_the_student_wrote(
    upstream: Upstream,
    ada: User,
    lesson: Lesson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: Workbook, draft: Draft, *args: Any) -> None:
        raise ValueError(f"cannot store {draft.code}")

    monkeypatch.setattr(Workbook, "write", broken)
    with capture_logs() as logged:
        async with upstream(), browser(ada, lesson) as page:
            await page.send("edit", code="canary-4711")
            assert await page.closed() == frames.Close.CRASHED
    [crash] = [entry for entry in logged if entry["event"] == "session.crashed"]
    assert "ValueError" in str(crash)
    assert "canary-4711" not in str(logged)
