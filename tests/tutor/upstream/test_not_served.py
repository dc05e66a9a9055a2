"""What only an operator can mend, told over the socket, as the end of a response, and over HTTP."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from structlog.testing import capture_logs

from courses.models import Lesson
from tests.tutor.asking import Connect, text
from tests.tutor.browser import browser, sessions_over
from tests.tutor.scripted import Frame, created, delta, error, said, scripted
from tutor.protocol.events import ModelFailed
from tutor.upstream.client import close_client
from tutor.upstream.sansio import parse

pytestmark = pytest.mark.usefixtures("quick_backoff")

QUOTA = error("insufficient_quota", "You exceeded your current quota, please check your plan.", 429)
REFUSALS = [
    QUOTA,
    error("model_not_found", "The model `x` does not exist or you do not have access to it.", 404),
    error("billing_hard_limit_reached", "Billing hard limit has been reached.", 400),
    error("invalid_api_key", "Incorrect API key provided.", 401),
    error(None, "Project does not have access.", 403),
    error("402", "Insufficient credits.", 402),
]


def failed(refusal: Frame, *, begun: bool) -> list[Frame]:
    """The refusal as an event of its own, or as the end of a response that had begun."""
    if not begun:
        return [refusal]
    told = {"id": "r0", "status": "failed", "error": refusal["error"]}
    return [created("r0"), delta("Half"), {"type": "response.failed", "response": told}]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal["error"]["code"])
@pytest.mark.parametrize("over_http", [False, True])
async def test_nobody_is_asked_for_other_words_and_the_log_is_loud_once(
    connect: Connect, refusal: Frame, over_http: bool
) -> None:
    async with scripted(*[[refusal]] * 3, said("r1", "Well?"), [refusal]) as server:
        server.upgrades = not over_http
        with capture_logs() as logs:
            async with connect(server.base_url) as student:
                await student.ready()
                for _ in range(3):
                    answer = await student.say("Why?")
                    assert isinstance(answer, ModelFailed)
                    assert (answer.message, answer.may_retry) == (parse.NOT_ALLOWED, False)
                assert len(loud(logs)) == 1
                # Others are not held back, and once it is mended all is as before.
                assert text(await student.ask()) == "Well?"
                assert isinstance(await student.say("And?"), ModelFailed)
                assert len(loud(logs)) == 2
        assert len(server.asked) == 5


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_an_address_without_the_endpoint_is_the_operators_over_http(
    connect: Connect, status: int
) -> None:
    nothing = error(None, "Not Found", status)
    # Unless an item is what is not there: then the dialogue goes on without it.
    item = error(None, "Item with id 'msg_1' not found.", 404)
    async with scripted([nothing], said("r1", "one"), [item], said("r2", "two")) as server:
        server.upgrades = False
        async with connect(server.base_url) as student:
            answer = await student.say("Why?")
            assert isinstance(answer, ModelFailed)
            assert (answer.message, answer.may_retry) == (parse.NOT_ALLOWED, False)
            assert text(await student.ask()) == "one"
            assert text(await student.say("And?")) == "two"


def loud(logs: Any) -> list[Any]:
    return [log for log in logs if log["log_level"] in ("error", "warning")
            and log["event"] != "upstream.no_websocket"]  # fmt: skip


async def test_a_warm_up_that_is_refused_tells_the_operator_before_anybody_asks(
    connect: Connect,
) -> None:
    async with scripted() as server:
        server.warm_ups.append([QUOTA])
        with capture_logs() as logs:
            async with connect(server.base_url) as student:
                await student.ready()
        [told] = loud(logs)
        assert (told["event"], told["code"]) == ("upstream.not_available", "insufficient_quota")
        assert "OPENAI_API_KEY" in told["hint"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("over_http", [False, True])
async def test_a_turn_fails_at_once_with_its_message_kept_and_may_be_tried_again(
    settings: Any, ada: User, lesson: Lesson, begun: bool, over_http: bool
) -> None:
    async with scripted(failed(QUOTA, begun=begun), said("r1", "Well?")) as server:
        server.upgrades = not over_http
        settings.OPENAI_BASE_URL = server.base_url
        await close_client()
        async with browser(ada, lesson) as page:
            await page.say("Why?")
            assert (await page.turn("failed"))["message"] == parse.NOT_ALLOWED
            assert len(server.asked) == 1
            await page.send("again")
            await page.turn("done")
        async with browser(ada, lesson) as page:
            items = (await page.next("hello"))["items"]
            assert [item["text"] for item in items] == ["Why?", "Well?"]
        await sessions_over()
        await close_client()
