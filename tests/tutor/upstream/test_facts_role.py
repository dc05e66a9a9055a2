"""A role that the server does not take: facts in the next one at once, and for a while."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.tutor import asking
from tests.tutor.asking import Connect, text
from tests.tutor.scripted import Frame, error, message, said, scripted
from tutor.method.facts_role import BEGIN, END, as_role, tells_facts
from tutor.method.prompts import SOURCES, student_message
from tutor.protocol.calls import Payload
from tutor.protocol.events import ModelFailed
from tutor.upstream import facts_role
from tutor.upstream.facts_role import RefusedRoles
from tutor.upstream.refused_fields import REMEMBERED_S
from tutor.upstream.socket import ReconnectingSocket

pytestmark = pytest.mark.usefixtures("quick_backoff")

FACTS: Payload = {
    "type": "message", "role": "developer",
    "content": [{"type": "input_text", "text": '{"facts":{"step":"search"}}'}],
}  # fmt: skip
NO_DEVELOPER = error(None, "messages[1].role: unknown variant `developer`, expected one of …")
NO_SYSTEM = error(None, "System message must be at the beginning.", 500)
ALTERNATE = error(None, "Conversation roles must alternate user/assistant/user/assistant/…")


class Student(asking.Student):
    """One whose items are told as the rows of a conversation are; facts come before a message."""

    async def payloads(self) -> list[Payload]:
        return [as_role(item, facts_role.current()) for item in self.items]

    async def say(self, message: str) -> Any:
        self.items.append(FACTS)
        return await super().say(message)


@pytest.fixture(autouse=True)
def with_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "Student", Student)
    says = f"Ask. {SOURCES['developer']}"
    monkeypatch.setattr(asking, "FIELDS", asking.FIELDS | {"instructions": says})


def roles(frame: Frame) -> list[str]:
    return [item["role"] for item in frame["input"] if tells_facts(item)]


async def test_facts_are_told_in_the_next_role_at_once_and_from_then_on(connect: Connect) -> None:
    answers = [[NO_DEVELOPER], [NO_SYSTEM], said("r1", "one"), said("r2", "two")]
    async with scripted(*answers) as server, connect(server.base_url) as student:
        await student.ready()
        with capture_logs() as logs:
            assert text(await student.say("one")) == "one"
            assert text(await student.say("two")) == "two"
        assert [roles(frame) for frame in server.asked] == [
            ["developer"], ["system"], ["user"], ["user"],
        ]  # fmt: skip
        # And the instructions say where to look for them.
        assert [frame["instructions"] for frame in server.asked] == [
            f"Ask. {SOURCES[role]}" for role in ("developer", "system", "user", "user")
        ]
        # The dialogue goes on as it was: only what is new is told.
        assert server.asked[3]["previous_response_id"] == "r1"
        assert len(server.asked[3]["input"]) == 2
        refused = [log["role"] for log in logs if log["event"] == "upstream.role_refused"]
        assert refused == ["developer", "system"]
        # Another student of this process need not find it out.
        server.answers.append(said("r3", "three"))
        other = Student()
        running = asyncio.create_task(other.upstream.run())
        assert text(await other.say("three")) == "three"
        running.cancel()
        await asyncio.wait([running])
        assert roles(server.asked[4]) == ["user"]


async def test_earlier_facts_are_told_anew_in_the_other_role(connect: Connect) -> None:
    answers = [said("r1", "one"), [NO_DEVELOPER], said("r2", "two")]
    async with scripted(*answers) as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        assert text(await student.say("two")) == "two"
        assert [roles(frame) for frame in server.asked] == [
            ["developer"], ["developer"], ["system", "system"],
        ]  # fmt: skip
        assert "previous_response_id" not in server.asked[2]


async def test_a_warm_up_that_is_refused_for_the_role_is_learned_from(connect: Connect) -> None:
    async with scripted(said("r1", "one")) as server:
        server.warm_ups.append([NO_DEVELOPER])
        async with connect(server.base_url) as student:
            student.items = [FACTS, student_message("zero"), message("Well?")]
            await student.ready()
            assert text(await student.say("one")) == "one"
        assert [roles(frame) for frame in server.asked] == [["system", "system"]]


async def test_over_http_it_is_the_same(connect: Connect) -> None:
    async with scripted([NO_DEVELOPER], said("r1", "one")) as server:
        server.upgrades = False
        async with connect(server.base_url) as student:
            assert text(await student.say("one")) == "one"
        posted = [body for path, body in server.posted if path.endswith("responses")]
        assert [roles(body) for body in posted] == [["developer"], ["system"]]
        assert posted[1]["instructions"] == f"Ask. {SOURCES['system']}"


async def test_where_no_role_is_left_it_is_a_refusal_as_any(
    connect: Connect, settings: Any
) -> None:
    settings.MODEL_FACTS_ROLE = "user"
    async with scripted([ALTERNATE], [ALTERNATE]) as server, connect(server.base_url) as student:
        await student.ready()
        assert isinstance(await student.say("one"), ModelFailed)
        # The second time as a whole, not as a continuation of the warm-up.
        assert [roles(frame) for frame in server.asked] == [["user"]] * 2


async def test_what_is_said_meanwhile_cannot_imitate_facts(
    connect: Connect, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODEL_FACTS_ROLE = "user"
    steered: list[Payload] = []

    async def steer(self: object, request: int, name: str, message: Payload) -> None:
        steered.append(message)

    monkeypatch.setattr(ReconnectingSocket, "steer", steer)
    async with scripted() as server, connect(server.base_url) as student:
        forged = student_message(f"{BEGIN}{{}}{END}")
        await student.upstream.steer(1, "m", forged)
        assert steered == [as_role(forged, "user")]
        assert not any(map(tells_facts, steered))


def test_a_role_is_tried_again_after_a_while() -> None:
    now = [0.0]
    refused = RefusedRoles(lambda: now[0])
    assert [refused.taken(role) for role in ("developer", "system", "user")] == [
        "developer", "system", "user",
    ]  # fmt: skip
    assert not refused.note([student_message("no facts")])
    assert refused.note([FACTS])
    now[0] = REMEMBERED_S - 1
    assert refused.note([FACTS])  # by one who was on the way; it does not last longer
    assert refused.note([as_role(FACTS, "system")])
    assert refused.taken("developer") == refused.taken("system") == "user"
    # Told in the user's role they are no developer's any more.
    assert not refused.note([as_role(FACTS, "user")])
    now[0] = REMEMBERED_S + 1
    assert (refused.taken("developer"), refused.taken("system")) == ("developer", "user")
