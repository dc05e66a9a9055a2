"""The official SDK is the judge: seven scenarios, each with its connection and its session helper.

Text, tool, warm-up, failure, incomplete, steering and lanes.
"""

import asyncio
import json
from typing import Any

import pytest

from tests.tutor.emulator.judges import Judge, Summon, by_connection, by_session, final
from tests.tutor.practice.student import INSTRUCTIONS, STARTER, said
from tutor import emulator, practice
from tutor.emulator import Call, Emulator, Fault, Pace, Request, Say, Think, script
from tutor.practice.english import questions

RUN: dict[str, Any] = {
    "type": "function",
    "name": "execute_code",
    "parameters": {"type": "object", "properties": {"code": {"type": "string"}}},
    "strict": False,
}
CALLS = [Call("execute_code", json.dumps({"code": f"print({n})"}), f"call_{n}") for n in (1, 2)]
LONG = "One two three four five six seven eight nine ten. " * 40


@pytest.fixture(params=[by_connection, by_session], ids=["connection", "session"])
def summon(request: Any) -> Any:
    return request.param


def fields(text: Any = "Hi", **more: Any) -> dict[str, Any]:
    return {"model": "gpt-6-astra", "store": False, "input": text} | more


def outputs(*call_ids: str) -> list[dict[str, Any]]:
    return [{"type": "function_call_output", "call_id": i, "output": "1"} for i in call_ids]


def echo(request: Request) -> list[Any]:
    """Says again what it heard last."""
    content = request.items[-1]["content"]
    return [Say(content if isinstance(content, str) else content[0]["text"])]


async def test_text(summon: Summon):
    async with emulator.serve(model=echo) as server, summon(server) as judge:
        await judge.create(**fields("Good day to you"))
        events = [await judge.recv()]
        while events[-1].type != "response.completed":
            events.append(await judge.recv())
        assert [event.sequence_number for event in events] == list(range(len(events)))
        deltas = [e.delta for e in events if e.type == "response.output_text.delta"]
        first = events[-1].response
        assert "".join(deltas) == first.output_text == "Good day to you"
        await judge.create(**fields("And to you", previous_response_id=first.id))
        assert (await final(judge)).response.output_text == "And to you"


async def test_tool(summon: Summon):
    model = script([Think("Run both."), *CALLS], [Say("Both print.")])
    async with emulator.serve(model=model) as server, summon(server) as judge:
        await judge.create(**fields(tools=[RUN]))
        asked = (await final(judge)).response
        assert [item.type for item in asked.output] == [
            "reasoning", "function_call", "function_call",
        ]  # fmt: skip
        both = outputs("call_1", "call_2")
        await judge.create(**fields(both, tools=[RUN], previous_response_id=asked.id))
        assert (await final(judge)).response.output_text == "Both print."
        await judge.create(**fields(both, tools=[RUN], previous_response_id=asked.id))
        lost = await final(judge)
        assert (lost.error.code, lost.status) == ("previous_response_not_found", 400)


async def test_warm_up(summon: Summon):
    async with emulator.serve(model=echo) as server, summon(server) as judge:
        await judge.create(**fields("Before", instructions="Be kind.", generate=False))
        warm = (await final(judge)).response
        assert (warm.output, warm.usage.output_tokens) == ([], 0)
        await judge.create(**fields([], previous_response_id=warm.id))
        assert (await final(judge)).response.output_text == "Before"


async def test_failure(summon: Summon):
    async with emulator.serve(model=echo) as server, summon(server) as judge:
        await judge.create(**fields("One"))
        parent = (await final(judge)).response.id
        server.faults.add(Fault("failed", after=5, code="rate_limit_exceeded"), Fault("overloaded"))
        await judge.create(**fields("Two", previous_response_id=parent))
        failed = (await final(judge)).response
        assert (failed.status, failed.error.code) == ("failed", "rate_limit_exceeded")
        await judge.create(**fields("Two"))
        assert (await final(judge)).error.code == "server_is_overloaded"
        # The failure has evicted what it continued.
        await judge.create(**fields("Two", previous_response_id=parent))
        assert (await final(judge)).error.code == "previous_response_not_found"
        await judge.create(**fields("Two"))
        assert (await final(judge)).response.output_text == "Two"


@pytest.mark.parametrize("reason", ["max_output_tokens", "content_filter"])
async def test_incomplete(summon: Summon, reason: str):
    async with emulator.serve(model=echo) as server, summon(server) as judge:
        limit: dict[str, Any] = {"max_output_tokens": 16}
        if reason == "content_filter":
            limit = {}
            server.faults.add(Fault("incomplete", after=5, reason=reason))
        await judge.create(**fields(LONG, **limit))
        early = (await final(judge)).response
        assert (early.status, early.incomplete_details.reason) == ("incomplete", reason)
        assert 0 < len(early.output_text) < len(LONG)
        await judge.create(**fields("Go on", previous_response_id=early.id))
        assert (await final(judge)).response.output_text == "Go on"


async def test_lanes(summon: Summon):
    async with (
        emulator.serve(model=echo, pace=Pace(tokens_per_s=500)) as server,
        summon(server) as judge,
    ):
        for lane in ("one", "two"):
            await judge.create(lane, **fields(f"This is lane {lane}, and it has much to say"))
        two = (await final(judge, "two")).response
        one = (await final(judge, "one")).response
        assert [text.split(",")[0] for text in (one.output_text, two.output_text)] == [
            "This is lane one", "This is lane two",
        ]  # fmt: skip
        await judge.create("fork", **fields("A fork", previous_response_id=one.id))
        assert (await final(judge, "fork")).response.previous_response_id == one.id
        await judge.create("one", **fields("Still here", previous_response_id=one.id))
        assert (await final(judge, "one")).response.output_text == "Still here"


# Events until text is written; until the arguments of a first call are.
SPEAKING = 5
CALLING = 4


class TestSteering:
    async def steered(
        self, server: Emulator, judge: Judge, after: int, *texts: str, **create: Any
    ) -> tuple[str, list[Any]]:
        """A response that falls silent after so many events, and goes on when it has been steered;
        its id, and what became of the steering input."""
        server.faults.add(Fault("silence", after=after, minutes=1))
        await judge.create(**create)
        events = [await judge.recv() for _ in range(after)]
        target = events[0].response.id
        for text in texts:
            await judge.steer(None, target, text)
        answers = [await judge.recv() for _ in texts]
        server.advance(minutes=1)
        return target, answers

    async def until(self, judge: Judge, kind: str) -> Any:
        """The next event of this type."""
        while True:
            event = await judge.recv()
            if event.type == kind:
                return event

    async def test_a_response_makes_way_between_two_items(self, summon: Summon):
        model = script([Say(LONG), Say("Never said.")], [Say("As you wish.")])
        async with emulator.serve(model=model) as server, summon(server) as judge:
            create = fields(instructions="Be kind.", metadata={"a": "b"})
            target, (answer,) = await self.steered(server, judge, SPEAKING, "Shorter!", **create)
            assert answer.type == "response.steer.accepted"
            assert answer.steer.previous_response_id == target
            steered = (await final(judge)).response
            assert steered.incomplete_details.reason == "steered"
            assert [item.status for item in steered.output] == ["completed"]
            successor = (await self.until(judge, "response.created")).response
            assert successor.previous_response_id == target
            assert (successor.instructions, successor.metadata) == ("Be kind.", {"a": "b"})
            answered = (await final(judge)).response
            assert (answered.id, answered.output_text) == (successor.id, "As you wish.")
            # Stored nowhere, it is continued all the same, for this is its socket.
            await judge.create(**fields("Thanks", previous_response_id=answered.id))
            await final(judge)
        assert [(entry.type, entry.store) for entry in server.requests] == [
            ("response.create", False),
            ("response.steer", None),
            ("successor", False),
            ("response.create", False),
        ]

    async def test_a_response_that_ends_first_is_followed_all_the_same(self, summon: Summon):
        async with emulator.serve(model=echo) as server, summon(server) as judge:
            target, _ = await self.steered(server, judge, SPEAKING, "Shorter!", **fields(LONG))
            whole = await final(judge)
            assert (whole.type, whole.response.output_text) == ("response.completed", LONG)
            successor = (await self.until(judge, "response.created")).response
            assert successor.previous_response_id == target
            assert (await final(judge)).response.output_text == "Shorter!"

    async def test_what_comes_before_the_first_word_takes_its_place(self, summon: Summon):
        hold = asyncio.Event()

        async def model(request: Request) -> list[Any]:
            await hold.wait()
            return echo(request)

        async with emulator.serve(model=model) as server, summon(server) as judge:
            await judge.create(**fields("Why?"))
            target = (await judge.recv()).response.id
            await judge.steer(None, target, "I mean line two.")
            await self.until(judge, "response.steer.accepted")
            hold.set()
            first = (await final(judge)).response
            assert (first.incomplete_details.reason, first.output) == ("steered", [])
            assert (await final(judge)).response.output_text == "I mean line two."

    async def test_what_comes_during_a_call_waits_for_its_output(self, summon: Summon):
        heard: list[Request] = []
        answers = script([*CALLS], [Say("Both print.")])

        def model(request: Request) -> Any:
            heard.append(request)
            return answers(request)

        async with emulator.serve(model=model) as server, summon(server) as judge:
            texts = ("Careful!", "Really.")
            create = fields(tools=[RUN])
            target, _ = await self.steered(server, judge, CALLING, *texts, **create)
            asked = await final(judge)
            assert asked.type == "response.completed"
            waiting = [await self.until(judge, "response.steer.pending") for _ in range(2)]
            assert {event.reason for event in waiting} == {"waiting_for_required_input"}
            stubs = waiting[0].required_input
            assert [(s.type, s.call_id, s.name) for s in stubs] == [
                ("function_call_output", call.call_id, call.name) for call in CALLS
            ]
            # Only the outputs; what was steered in is with the server, and comes before them.
            both = outputs(*(stub.call_id for stub in stubs))
            await judge.create(**fields(both, tools=[RUN], previous_response_id=target))
            assert (await final(judge)).response.output_text == "Both print."
        told = [item.get("content") or item["type"] for item in heard[-1].items[1:]]
        assert told == [
            "function_call",
            "function_call",
            [{"type": "input_text", "text": "Careful!"}],
            [{"type": "input_text", "text": "Really."}],
            "function_call_output",
            "function_call_output",
        ]

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"model": "gpt-5.6-sol"}, "steering_not_supported"),
            ({"context_management": [{"type": "compaction"}]}, "steering_not_supported"),
            ({"conversation": "conv_1"}, "steering_not_supported"),
        ],
    )
    async def test_not_every_response_can_be_steered(
        self, summon: Summon, more: dict[str, Any], code: str
    ):
        async with emulator.serve(model=echo) as server, summon(server) as judge:
            create = fields("Good day to you", **more)
            _, (failed,) = await self.steered(server, judge, SPEAKING, "Shorter!", **create)
            assert failed.type == "response.steer.failed"
            assert (failed.error.code, failed.error.type) == (code, "invalid_request_error")
            assert (failed.steer.id, failed.steer.input) == (None, "Shorter!")
            # The response goes on as if nothing had been said, and nothing follows it.
            assert (await final(judge)).response.output_text == "Good day to you"
            assert not server.requests[2:]

    async def test_what_cannot_be_steered_is_named(self, summon: Summon):
        async with emulator.serve(model=echo) as server, summon(server) as judge:
            server.set(max_steers=1)
            texts = ("Shorter!", "Much shorter!")
            target, answers = await self.steered(server, judge, SPEAKING, *texts, **fields())
            assert answers[1].error.code == "too_many_pending_steers"
            await final(judge)
            await final(judge)
            for response_id, code in [
                (target, "response_already_completed"),
                ("resp_of_another_socket", "response_not_found"),
            ]:
                await judge.steer(None, response_id, "Shorter!")
                failed = await self.until(judge, "response.steer.failed")
                assert (failed.error.code, failed.steer.input) == (code, "Shorter!")

    async def test_a_response_that_fails_gives_back_what_it_had_accepted(self, summon: Summon):
        async with emulator.serve(model=echo) as server, summon(server) as judge:
            server.faults.add(Fault("failed", after=300))
            await judge.create(**fields(LONG))
            target = (await judge.recv()).response.id
            await judge.steer(None, target, "Shorter!")
            accepted = await self.until(judge, "response.steer.accepted")
            await self.until(judge, "response.failed")
            back = await self.until(judge, "response.steer.failed")
            assert (back.error.code, back.steer.id) == ("response_not_active", accepted.steer.id)
            assert back.steer.input == "Shorter!"

    async def test_the_scripted_tutor_takes_up_what_is_added(self, summon: Summon):
        """The tutor wants to run the program; the student adds something; the run ends."""
        lesson: dict[str, Any] = {"instructions": INSTRUCTIONS, "tools": [RUN]}
        create = fields([said("Is this right?", STARTER)], **lesson)
        async with emulator.serve(model=practice.answer) as server, summon(server) as judge:
            # The same request, the same answer: it shows when the call is written.
            await judge.create(**create)
            kinds = [(await judge.recv()).type]
            while kinds[-1] != "response.function_call_arguments.delta":
                kinds.append((await judge.recv()).type)
            await final(judge)
            added = "I think the loop is wrong."
            target, _ = await self.steered(server, judge, len(kinds), added, **create)
            (stub,) = (await self.until(judge, "response.steer.pending")).required_input
            more = {"previous_response_id": target, **lesson}
            await judge.create(**fields(outputs(stub.call_id), **more))
            answer = (await final(judge)).response.output_text
            assert answer.startswith("I have read what you added")
            assert "?" in answer

    async def test_the_scripted_tutor_reads_what_is_added_before_it_runs(self, summon: Summon):
        create = fields([said("Is this right?", STARTER)], tools=[RUN], instructions=INSTRUCTIONS)
        async with emulator.serve(model=practice.answer) as server, summon(server) as judge:
            added = "Just give me the solution!"
            await self.steered(server, judge, SPEAKING, added, **create)
            announced = (await final(judge)).response
            assert announced.incomplete_details.reason == "steered"
            assert [item.type for item in announced.output] == ["message"]
            declined = (await final(judge)).response
            assert [item.type for item in declined.output] == ["message"]
            assert any(declined.output_text.startswith(words) for words in questions.DECLINE)
