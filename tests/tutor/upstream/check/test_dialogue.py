"""A server checked: the emulator as it should be, and as it should not."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.tutor.scripted import said
from tests.tutor.upstream.test_http import raw, refused, streamed
from tutor import emulator
from tutor.emulator import Call, Fault, Output, Say, Settings, Think
from tutor.method.facts_role import ROLES
from tutor.protocol.events import Usage
from tutor.upstream.check.dialogue import Check
from tutor.upstream.check.report import ExitCode, Report, Verdict
from tutor.upstream.check.roles import conclusion

ARGUMENTS = {
    "ask_prediction": {"call": "f(5)", "question": "What does it give?"},
    "give_hint": {"level": 2},
    "offer_check": {"what": "variant"},
}


def obedient(request: emulator.Request) -> Iterator[Output]:
    """A model that does as it is asked, and knows what it was told."""
    last = request.items[-1] if request.items else {}
    asked = json.dumps(last)
    if "Call the tool" in asked:
        yield Think("A program.")
    programs = re.findall(r"print\([\d *]+\)", asked)
    for program in programs:
        yield Call("execute_code", json.dumps({"code": program, "calls": [], "stdin": ""}))
    moves = [name for name in ARGUMENTS if f"Call the tool {name}" in asked]
    for name in moves:
        yield Call(name, json.dumps(ARGUMENTS[name]))
    if "Count" in asked:
        yield Say("one two three four five six seven eight " * 20)
    elif not programs and not moves:
        yield Say(f"marigold, 42. {' '.join(words(request))}")


def words(request: emulator.Request) -> list[str]:
    """What stands in facts and in refusals, and nowhere else."""
    told = json.dumps(request.items[-3:])
    return re.findall(r"saffron|juniper|cardamom|turmeric", told)


def talkative(request: emulator.Request) -> Iterator[Output]:
    """A model that never calls a tool by itself."""
    if request.choice.must:
        yield Call("execute_code", json.dumps({"code": "print(1)", "calls": [], "stdin": ""}))
    else:
        yield Say("Let me tell you a story.")


async def check(
    base_url: str, within_s: float = 5.0, key: str = "key", model: str = "gpt-6-astra",
    max_output_tokens: int = 0, facts_role: str = "developer",
) -> Report:  # fmt: skip
    client = AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0)
    async with client:
        cost = lambda usage: f"{usage.output} cents"  # noqa: E731
        bound = max_output_tokens
        return await Check(client, model, base_url, within_s, cost, bound, facts_role).run()


def verdicts(report: Report) -> dict[str, Verdict]:
    return {each.name: each.verdict for each in report.findings}


def seen(report: Report, name: str) -> str:
    [found] = [each.seen for each in report.findings if each.name == name]
    return found


async def test_a_server_that_can_all_is_said_to():
    async with emulator.serve(model=obedient) as server:
        report = await check(server.base_url)
    assert verdicts(report) == dict.fromkeys(
        [
            "WebSocket", "warm-up", "answer", "second turn", "tool call", "tool output",
            "parallel calls", "other tools", "refused call", "developer's role", "system's role",
            "facts", "told anew", "reasoning", "max_output_tokens",
            "compaction", "HTTP", "steering", "tokens",
        ],
        Verdict.YES,
    )  # fmt: skip
    assert report.exit_code is ExitCode.OK
    assert report.first_word_s is not None
    assert report.cost == f"{report.usage.output} cents" != "0 cents"
    # The second turn tells only what is new; nothing is ever to be stored.
    bodies = [exchange.frame for exchange in server.requests if exchange.frame]
    creates = [body for body in bodies if "tools" in body]
    assert len(creates[2]["input"]) == 1
    assert creates[2]["previous_response_id"]
    assert all(body["store"] is False for body in creates)


async def test_a_server_without_websocket_is_asked_over_http():
    async with emulator.serve(model=obedient) as server:
        server.faults.refuse_handshakes(404)
        report = await check(server.base_url)
    found = verdicts(report)
    assert found["WebSocket"] is Verdict.NO
    assert "404" in seen(report, "WebSocket")
    assert {found[name] for name in ("answer", "second turn", "tool call", "told anew")} == {
        Verdict.YES
    }
    assert "everything told anew" in seen(report, "second turn")
    assert not {"warm-up", "steering", "HTTP"} & set(found)
    assert report.exit_code is ExitCode.OK


async def test_a_model_that_calls_a_tool_only_when_forced_is_not_enough():
    async with emulator.serve(model=talkative) as server:
        report = await check(server.base_url)
    assert verdicts(report)["tool call"] is Verdict.FAILED
    assert "tool_choice" in seen(report, "tool call")
    assert report.exit_code is ExitCode.INCOMPLETE


@pytest.mark.parametrize(
    ("fault", "name", "expected"),
    [
        (Fault("close", warm_ups=True), "warm-up", Verdict.NO),
        (Fault("error", status=400, code="bad", warm_ups=True), "warm-up", Verdict.NO),
        (Fault("close"), "answer over it", Verdict.NO),
        (Fault("failed"), "answer over it", Verdict.NO),
    ],
)
async def test_what_goes_wrong_on_a_socket_is_tried_over_http(fault, name, expected):
    async with emulator.serve(model=obedient) as server:
        server.faults.add(fault)
        report = await check(server.base_url)
    assert verdicts(report)[name] is expected
    assert verdicts(report)["answer"] is Verdict.YES
    assert report.exit_code is ExitCode.OK
    if name == "answer over it":
        assert "everything told anew" in seen(report, "second turn")


async def test_a_chain_that_is_refused_is_told_anew():
    async with emulator.serve(model=obedient) as server:
        server.faults.add(Fault("error", after=99_999), Fault("error", status=400))
        report = await check(server.base_url)
    assert verdicts(report)["second turn"] is Verdict.YES
    assert seen(report, "second turn").startswith("not by previous_response_id")


async def test_a_server_that_says_nothing_costs_no_more_than_its_time():
    async with emulator.serve(model=obedient) as server:
        server.faults.add(*[Fault("silence", warm_ups=True)] * 3)
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(5):
            report = await check(server.base_url, within_s=0.1)
    assert asyncio.get_running_loop().time() - began < 3
    assert report.exit_code is ExitCode.UNREACHABLE
    assert seen(report, "answer") == "nothing came in time"


@asynccontextmanager
async def nobody() -> Any:
    front = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    [port] = {sock.getsockname()[1] for sock in front.sockets}
    front.close()
    await front.wait_closed()
    yield f"http://127.0.0.1:{port}/v1"


async def test_an_answer_without_an_end_is_not_nobodys():
    async with emulator.serve(model=obedient) as server:
        server.faults.refuse_handshakes(404)
        server.faults.add(Fault("silence", after=6))
        report = await check(server.base_url, within_s=0.3)
    assert report.exit_code is ExitCode.INCOMPLETE
    assert report.first_word_s is not None
    assert "not at its end" in seen(report, "answer")


async def test_where_nobody_listens_it_says_so():
    async with nobody() as base_url:
        report = await check(base_url)
    assert report.exit_code is ExitCode.UNREACHABLE
    assert [each.name for each in report.findings] == ["WebSocket", "answer"]


async def test_a_wrong_key_is_named():
    async with emulator.serve(model=obedient, api_key="right") as server:
        report = await check(server.base_url, key="wrong")
    assert report.exit_code is ExitCode.KEY_REFUSED
    assert "invalid_api_key" in seen(report, "answer")


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, {"error": {"code": "model_not_found", "message": "no m"}}, ExitCode.MISCONFIGURED),
        (400, {"error": {"message": "Invalid model name"}}, ExitCode.MISCONFIGURED),
        (403, {"error": "a filter's page"}, ExitCode.KEY_REFUSED),
        (500, {"detail": "\x1b[31m red"}, ExitCode.INCOMPLETE),
        (500, ["no object"], ExitCode.INCOMPLETE),
    ],
)
async def test_a_refusal_is_told_in_the_servers_words(status, body, code):
    async with raw(refused(status, body)) as server:
        report = await check(server.base_url)
    assert report.exit_code is code
    assert str(status) in seen(report, "answer")
    assert "\x1b" not in seen(report, "answer")


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nhello", b"nonsense\r\n\r\n", b""],
)
async def test_a_server_of_something_else_is_no_model(answer):
    async with raw(answer) as server:
        report = await check(server.base_url)
    assert verdicts(report)["answer"] is Verdict.FAILED


async def test_a_server_that_counts_no_tokens_and_cannot_compact_is_said_so():
    events = said("r1", "Well?")
    events[-1]["response"].pop("usage", None)
    async with raw(streamed(events)) as server:
        report = await check(server.base_url)
    assert verdicts(report)["tokens"] is Verdict.NO
    assert report.usage == Usage()
    assert verdicts(report)["compaction"] is Verdict.NO
    assert verdicts(report)["second turn"] is Verdict.UNKNOWN


# Facts and their role --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server_settings", "role", "expected", "advice"),
    [
        ({}, "developer", ("YES", "YES", None, "YES"), "=developer, as it is set"),
        # It works, though another one would do better.
        ({}, "system", ("YES", "YES", None, "YES"), "set MODEL_FACTS_ROLE=developer"),
        ({"developer_role": "refused"}, "developer", ("NO", "YES", None, "NO"), "=system;"),
        ({"developer_role": "dropped"}, "developer", ("UNKNOWN", "YES", None, "NO"), "=system;"),
        ({"developer_role": "refused", "system_role": "first"}, "developer",
         ("NO", "NO", "YES", "NO"), "=user;"),
        ({"developer_role": "dropped", "system_role": "dropped"}, "user",
         ("UNKNOWN", "UNKNOWN", "YES", "YES"), "=user, as it is set"),
    ],
)  # fmt: skip
async def test_it_says_in_which_role_facts_arrive(
    server_settings: Any, role: str, expected: tuple[str | None, ...], advice: str
) -> None:
    async with emulator.serve(model=obedient, settings=Settings(**server_settings)) as server:
        report = await check(server.base_url, facts_role=role)
    found = verdicts(report)
    names = ("developer's role", "system's role", "facts as a user's", "facts")
    assert tuple(found[name].name if name in found else None for name in names) == expected
    assert advice in seen(report, "facts")
    # Nothing of it ends the dialogue.
    assert found["told anew"] is Verdict.YES
    assert report.exit_code is ExitCode.OK


async def test_a_role_that_is_refused_is_told_in_the_servers_words() -> None:
    async with emulator.serve(model=obedient, settings=Settings(system_role="first")) as server:
        report = await check(server.base_url)
    assert "System message must be at the beginning" in seen(report, "system's role")


async def test_a_model_that_reads_facts_in_no_role_is_given_the_best_that_is_taken() -> None:
    def forgetful(request: emulator.Request) -> Iterator[Output]:
        for output in obedient(request):
            yield Say("marigold, 42.") if isinstance(output, Say) else output

    async with emulator.serve(model=forgetful) as server:
        report = await check(server.base_url)
    assert verdicts(report)["facts"] is Verdict.UNKNOWN
    assert "in any role; MODEL_FACTS_ROLE=developer, as it is set" in seen(report, "facts")
    assert verdicts(report)["refused call"] is Verdict.UNKNOWN


def test_facts_that_are_refused_in_each_role_are_what_the_tutor_cannot_do_without() -> None:
    assert conclusion(dict.fromkeys(ROLES, Verdict.NO), "user").verdict is Verdict.FAILED


# Tools ------------------------------------------------------------------------------------------


async def test_declarations_that_are_refused_are_told_apart_from_an_answer() -> None:
    settings = Settings(strict_schemas="plain")
    async with emulator.serve(model=obedient, settings=settings) as server:
        report = await check(server.base_url)
    assert verdicts(report)["tools"] is Verdict.FAILED
    assert "not permitted" in seen(report, "tools")
    assert report.exit_code is ExitCode.INCOMPLETE


@pytest.mark.parametrize("arguments", [{"level": 12}, {"level": "2"}, {}])
async def test_a_call_that_breaks_its_schema_is_none(arguments: Any) -> None:
    def careless(request: emulator.Request) -> Iterator[Output]:
        for output in obedient(request):
            if isinstance(output, Call) and output.name == "give_hint":
                yield Call(output.name, json.dumps(arguments))
            else:
                yield output

    async with emulator.serve(model=careless) as server:
        report = await check(server.base_url)
    assert verdicts(report)["other tools"] is Verdict.NO
    assert seen(report, "other tools") == "no valid call of give_hint"
    assert report.exit_code is ExitCode.OK


async def test_one_call_at_a_time_is_no_fault() -> None:
    def patient(request: emulator.Request) -> Iterator[Output]:
        outputs = list(obedient(request))
        calls = [output for output in outputs if isinstance(output, Call)]
        yield from outputs[: outputs.index(calls[0]) + 1] if calls else outputs

    async with emulator.serve(model=patient) as server:
        report = await check(server.base_url)
    assert verdicts(report)["parallel calls"] is Verdict.NO
    assert seen(report, "parallel calls") == "1 calls at once"
    assert report.exit_code is ExitCode.OK
