"""What is not known of the service, or has changed: each way it may be."""

import asyncio
import json
from typing import Any

import pytest

from tests.tutor.emulator.core import connection, create, refused, response_id, run, started
from tests.tutor.emulator.wire import dial
from tutor import emulator
from tutor.emulator import Fault, FaultError, Request, Say, Settings
from tutor.emulator.control import parse_command
from tutor.emulator.faults import REASONS
from tutor.emulator.protocol import Refused
from tutor.emulator.settings import SettingError, with_values
from tutor.method.tools import declarations


def greet(_request: Request) -> list[Say]:
    return [Say("Hello there"), Say("And more")]


class TestWarmUp:
    async def test_it_may_be_nothing_but_its_end(self):
        settings = Settings(warm_up="terminal_only")
        async with emulator.serve(model=greet, settings=settings) as server, dial(server) as wire:
            (frame,) = await wire.ask(generate=False)
            assert (frame["type"], frame["sequence_number"]) == ("response.completed", 0)
            frames = await wire.ask(previous_response_id=frame["response"]["id"], input=[])
            assert frames[0]["type"] == "response.created"


class TestTerminal:
    @pytest.mark.parametrize(
        ("terminal", "kinds"),
        [
            ("twice", ["response.completed", "response.completed"]),
            ("done", ["response.done"]),
            ("both", ["response.completed", "response.done"]),
        ],
    )
    async def test_it_comes_as_it_is_set(self, terminal, kinds):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.set(terminal=terminal)
            await wire.create()
            frames = [await wire.read()]
            while len([f for f in frames if f["type"] in kinds]) < len(kinds):
                frames.append(await wire.read())
        assert [frame["type"] for frame in frames][-len(kinds) :] == kinds
        assert frames[-1]["response"]["status"] == "completed"
        assert frames[-1]["response"] == frames[-len(kinds)]["response"]

    @pytest.mark.parametrize(
        ("name", "kinds"),
        [
            ("response_done", ["response.done"]),
            ("duplicate_terminal", ["response.completed", "response.completed"]),
        ],
    )
    async def test_as_a_fault_it_strikes_once(self, name, kinds):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.faults.add(Fault(name))
            await wire.create()
            await wire.create()
            got: list[str] = []
            while got.count("response.completed") < kinds.count("response.completed") + 1:
                got.append((await wire.read())["type"])
        ends = [kind for kind in got if kind in {"response.completed", "response.done"}]
        assert ends == [*kinds, "response.completed"]


class TestCancel:
    async def test_it_is_an_unknown_event(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            await wire.websocket.send('{"type": "response.cancel", "response_id": "resp_1"}')
            assert (await wire.read())["error"]["param"] == "type"

    async def test_it_may_stop_a_response(self):
        pace = emulator.Pace(tokens_per_s=20)
        settings = Settings(cancel="stop")
        async with (
            emulator.serve(model=greet, settings=settings, pace=pace) as server,
            dial(server) as wire,
        ):
            await wire.create()
            frames = [await wire.read()]
            while "delta" not in frames[-1]:
                frames.append(await wire.read())
            await wire.websocket.send('{"type": "response.cancel"}')
            frames += await wire.read_all()
            final = frames[-1]["response"]
            assert (final["status"], final["incomplete_details"]) == ("incomplete", None)
            assert final["output"][0]["status"] == "incomplete"
            assert len(final["output"]) == 1
            assert [frame["sequence_number"] for frame in frames] == list(range(len(frames)))
            following = await wire.ask(previous_response_id=final["id"])
            assert following[-1]["type"] == "response.completed"

    @pytest.mark.parametrize("moment", ["model", "first token", "next token", "silence"])
    async def test_it_stops_a_response_that_is_waiting(self, moment):
        """Whatever the response waits for would come in an hour."""
        begun = asyncio.Event()

        async def muse(_request: Request) -> list[Any]:
            begun.set()
            await asyncio.sleep(3600 if moment == "model" else 0)
            return [Say("One two three")]

        pace = emulator.Pace(
            first_token_s=3600 if moment == "first token" else 0,
            tokens_per_s=1 / 3600 if moment == "next token" else 0,
        )
        async with (
            emulator.serve(model=muse, settings=Settings(cancel="stop"), pace=pace) as server,
            dial(server) as wire,
        ):
            if moment == "silence":
                server.faults.add(Fault("silence", after=2))
            await wire.create()
            frames = [await wire.read(), await wire.read()]
            if moment == "next token":
                while "delta" not in frames[-1]:
                    frames.append(await wire.read())
            elif moment != "silence":
                await begun.wait()
            await wire.websocket.send('{"type": "response.cancel"}')
            final = (await wire.read_all())[-1]["response"]
            assert (final["status"], final["incomplete_details"]) == ("incomplete", None)
            spoken = [item["content"][0]["text"] for item in final["output"]]
            assert spoken == (["One"] if moment == "next token" else [])

    async def test_it_stops_only_what_it_names(self):
        settings = Settings(cancel="stop")
        async with emulator.serve(model=greet, settings=settings) as server, dial(server) as wire:
            server.faults.add(Fault("silence", after=2), Fault("silence", after=2))
            targets = []
            for lane in ("one", "two"):
                await wire.create(stream_id=lane)
                targets.append((await wire.read())["response"]["id"])
                await wire.read()
            cancel = {"type": "response.cancel", "response_id": targets[1]}
            await wire.websocket.send(json.dumps(cancel))
            assert (await wire.read_all())[-1]["response"]["id"] == targets[1]
            await wire.websocket.send(json.dumps(cancel | {"response_id": targets[0]}))
            assert (await wire.read_all())[-1]["response"]["id"] == targets[0]

    async def test_who_leaves_while_it_waits_leaves_nothing_behind(self):
        async with emulator.serve(model=greet, settings=Settings(cancel="stop")) as server:
            async with dial(server) as wire:
                server.faults.add(Fault("silence", after=2))
                await wire.create()
                await wire.read()
            while server.open_connections:
                await asyncio.sleep(0)
            assert [entry.outcome for entry in server.requests] == ["abandoned"]


class TestCache:
    @pytest.mark.parametrize("kept", [True, False])
    def test_a_failed_response_may_be_continued(self, kept):
        core = connection(cache_failed=kept)
        generation = started(core)
        core.fail(generation, "server_error", "It broke.")
        core.release(generation)
        begun = started if kept else refused
        assert begun(core, previous_response_id=generation.id)

    @pytest.mark.parametrize("kept", [True, False])
    def test_an_incomplete_response_may_be_forgotten(self, kept):
        core = connection(cache_incomplete=kept)
        generation = started(core)
        core.incomplete(generation, "content_filter")
        core.release(generation)
        begun = started if kept else refused
        assert begun(core, previous_response_id=generation.id)


class TestErrors:
    async def error(self, fault: Fault, **settings: Any) -> dict[str, Any]:
        async with (
            emulator.serve(model=greet, settings=Settings(**settings)) as server,
            dial(server) as wire,
        ):
            server.faults.add(fault)
            (frame,) = await wire.ask()
            assert (await wire.ask())[-1]["type"] == "response.completed"
        assert isinstance(frame, dict)
        return frame

    async def test_the_flat_form(self):
        for frame in (
            await self.error(Fault("error", code="server_error"), error_form="flat"),
            await self.error(Fault("error", code="server_error", form={"error_form": "flat"})),
        ):
            assert set(frame) == {"type", "code", "message", "param", "sequence_number"}
            assert frame["code"] == "server_error"

    @pytest.mark.parametrize(
        ("place", "top", "inside"),
        [("top", True, False), ("error", False, True), ("both", True, True)],
    )
    async def test_the_headers_of_a_rate_limit(self, place, top, inside):
        fault = Fault("rate_limited", retry_after_s=7, form={"headers_at": place})
        frame = await self.error(fault)
        assert ("headers" in frame, "headers" in frame["error"]) == (top, inside)
        assert (frame if top else frame["error"])["headers"] == {"retry-after": "7"}

    async def test_the_other_name_of_the_status(self):
        frame = await self.error(Fault("rate_limited"), status_name="status_code")
        assert frame["status_code"] == 429
        assert "status" not in frame

    @pytest.mark.parametrize("status", [0, 503])
    async def test_an_overload_with_and_without_a_status(self, status):
        frame = await self.error(Fault("overloaded", status=status))
        assert frame.get("status", 0) == status
        assert frame["error"]["code"] == "server_is_overloaded"

    async def test_any_error_on_order(self):
        frame = await self.error(Fault("error", code="insufficient_quota", status=429))
        assert (frame["status"], frame["error"]["code"]) == (429, "insufficient_quota")

    async def test_refusals_take_the_form_as_well(self):
        settings = Settings(error_form="flat", status_name="status_code")
        async with emulator.serve(model=greet, settings=settings) as server, dial(server) as wire:
            (frame,) = await wire.ask(previous_response_id="resp_lost")
        assert (frame["code"], frame["status_code"]) == ("previous_response_not_found", 400)

    @pytest.mark.parametrize("reason", sorted(REASONS))
    async def test_a_response_ends_early_for_each_reason(self, reason):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.faults.add(Fault("incomplete", after=5, reason=reason))
            final = (await wire.ask())[-1]["response"]
        assert final["incomplete_details"] == {"reason": reason}


class TestStrict:
    @pytest.mark.parametrize("fields", [{"stream": True}, {"stream_options": {}}])
    def test_open_responses_knows_no_stream(self, fields):
        assert started(connection(), **fields)
        error = refused(connection(strict_openresponses=True), **fields)["error"]
        assert error["code"] == "unknown_parameter"

    def test_what_it_knows_is_taken(self):
        core = connection(strict_openresponses=True)
        first = run(core, Say("Hi"))
        assert not isinstance(core.receive(create()), Refused)
        assert response_id(first)


def message(role: str, text: str) -> dict[str, Any]:
    part = {"type": "output_text" if role == "assistant" else "input_text", "text": text}
    return {"type": "message", "role": role, "content": [part]}


class TestRoles:
    @pytest.mark.parametrize("role", ["developer", "system"])
    def test_a_role_is_taken_refused_or_dropped(self, role: str):
        asked = {"input": [message("user", "Hi"), message(role, "Ask."), message("user", "Why?")]}
        heard = started(connection(), **asked).request.items
        assert [item["role"] for item in heard] == ["user", role, "user"]
        error = refused(connection(**{f"{role}_role": "refused"}), **asked)["error"]
        assert (error["param"], role in error["message"]) == ("input[1].role", True)
        heard = started(connection(**{f"{role}_role": "dropped"}), **asked).request.items
        assert [item["role"] for item in heard] == ["user", "user"]

    def test_a_systems_may_have_to_be_the_first(self):
        core = connection(system_role="first")
        run(core, Say("Yes?"), input=[message("system", "Ask."), message("user", "Hi")])
        late = {"input": [message("user", "Hi"), message("system", "Ask.")]}
        frame = refused(connection(system_role="first"), **late)
        assert (frame["status"], frame["error"]["param"]) == (500, None)

    def test_it_is_late_behind_what_is_continued(self):
        core = connection(system_role="first")
        first = run(core, Say("Yes?"), input=[message("user", "Hi")])
        behind = {"previous_response_id": response_id(first), "input": [message("system", "Ask.")]}
        assert refused(core, **behind)["error"]["message"].startswith("System message must")


class TestSchemas:
    def test_a_server_may_not_know_bounds_and_lists(self):
        tools = declarations("python")
        assert started(connection(), tools=tools)
        core = connection(strict_schemas="plain")
        error = refused(core, tools=tools)["error"]
        assert error["code"] == "invalid_function_parameters"
        # A property may have such a name.
        properties = {"items": {"type": "string"}}
        plain = {
            "type": "object", "properties": properties, "required": ["items"],
            "additionalProperties": False,
        }  # fmt: skip
        tool = {"type": "function", "name": "f", "strict": True, "parameters": plain}
        assert started(core, tools=[tool])


class TestOrders:
    @pytest.mark.parametrize(
        ("text", "order"),
        [
            ("forget", {"name": "forget"}),
            ("close,after=3,close_code=1012", {"name": "close", "after": 3, "close_code": 1012}),
            ("failed,code=invalid_prompt", {"name": "failed", "code": "invalid_prompt"}),
            ("limit,error=false", {"name": "limit", "error": False}),
            ("set,terminal=twice", {"name": "set", "terminal": "twice"}),
        ],
    )
    def test_the_command_line_names_them_as_json_does(self, text, order):
        assert parse_command(text) == order

    def test_a_field_without_a_value_is_explained(self):
        with pytest.raises(FaultError, match="FIELD=VALUE"):
            parse_command("close,after")

    def test_a_setting_that_does_not_fit_is_explained(self):
        for values in ({"warm_up": "never"}, {"limit_minutes": -1}, {"colour": "red"}):
            with pytest.raises(SettingError):
                with_values(Settings(), values)
        assert with_values(Settings(), {"limit_minutes": 5}).limit_minutes == 5.0

    async def test_steering_fails_on_order(self):
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def patient(_request: Request) -> list[Say]:
            asked.set()
            await go_on.wait()
            return [Say("At last")]

        async with emulator.serve(model=patient) as server, dial(server) as wire:
            server.faults.fail_steer("too_many_pending_steers")
            await wire.create()
            await asked.wait()
            steer = '{"type": "response.steer", "previous_response_id": "x", "input": "Hi"}'
            await wire.websocket.send(steer)
            kinds = [(await wire.read()) for _ in range(3)]
            assert kinds[2]["error"]["code"] == "too_many_pending_steers"
            go_on.set()
            assert (await wire.read_all())[-1]["type"] == "response.completed"
