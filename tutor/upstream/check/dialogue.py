"""The small dialogue that shows what a server can do: a dozen requests, without a student.

1. Is there a way? A WebSocket, or else HTTP.
2. What the tutor needs: an answer, a second turn, a call of its tool and what comes of the output,
   and the whole dialogue told anew.
3. What it makes use of: the other findings. A refusal there ends nothing.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from openai import AsyncOpenAI

from tutor.method import prompts, tools
from tutor.protocol.events import Call, Payload, StoredCall, Usage
from tutor.upstream import http
from tutor.upstream.check.exchange import (
    Answer,
    Failure,
    HttpWay,
    Kind,
    SocketWay,
    Way,
    ask,
    failure_of,
    open_socket,
)
from tutor.upstream.check.report import ExitCode, Finding, Report, Verdict
from tutor.upstream.sansio import parse

INSTRUCTIONS: Final = "Somebody tries out whether you can be reached. Do as asked, in few words."
WORD: Final = "marigold"
ORDERED: Final = "saffron"
# The least that OpenAI takes as a bound for an answer.
CAP_TOKENS: Final = 16
STOPS: Final = {
    Kind.KEY_REFUSED: ExitCode.KEY_REFUSED,
    Kind.NOT_THERE: ExitCode.MISCONFIGURED,
    Kind.UNREACHABLE: ExitCode.UNREACHABLE,
    Kind.TIMEOUT: ExitCode.UNREACHABLE,
}
# After these nothing more is asked over the socket.
BREAKS: Final = (Kind.BROKEN, Kind.TIMEOUT, Kind.UNREACHABLE)


@dataclass
class Dialogue:
    """What has been said so far, and what it cost."""

    way: Way
    # The way from when the first one broke.
    fallback: Way
    fields: Payload
    within_s: float
    items: list[Payload] = field(default_factory=list)
    # The response that the next request may continue; empty where everything is told.
    previous: str = ""
    requests: int = 0
    usage: Usage = field(default_factory=Usage)

    async def tell(self, *new: Payload, anew: bool = False, **extra: Any) -> Answer:
        """Tell what is new, or everything; an answer becomes part of the dialogue."""
        chained = bool(self.previous) and self.way.chains and not anew
        told = list(new) if chained else [*self.items, *new]
        body = {**self.fields, **extra, "input": told}
        if chained:
            body["previous_response_id"] = self.previous
        answer = await self.once(body)
        if isinstance(answer.result, Failure):
            # What a socket holds after a refusal is not known.
            self.previous = ""
            return answer
        self.items += [*new, *answer.result.items]
        self.previous = answer.result.response_id
        return answer

    async def once(self, body: Payload, way: Way | None = None) -> Answer:
        """The answer to a request that does not become part of the dialogue."""
        self.requests += 1
        answer = await ask(way or self.way, body, self.within_s)
        if way is None and isinstance(answer.result, Failure) and answer.result.kind in BREAKS:
            self.way = self.fallback
        if isinstance(answer.result, parse.ResponseDone):
            more = answer.result.usage
            self.usage = Usage(
                self.usage.input + more.input,
                self.usage.cached + more.cached,
                self.usage.output + more.output,
            )
        return answer

    def calls(self, answer: Answer) -> list[Payload]:
        """The calls of tools in it."""
        done = answer.result
        items = done.items if isinstance(done, parse.ResponseDone) else ()
        return [item for item in items if item["type"] == "function_call"]


def student(text: str) -> Payload:
    return prompts.student_message(text)


def developer(text: str) -> Payload:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "developer", "content": content}


def output_of(call: Payload) -> Payload:
    """The output of a program that is not really run."""
    output = '{"status": "completed", "exit_code": 0, "stdout": "42\\n", "stderr": ""}'
    return {"type": "function_call_output", "call_id": call["call_id"], "output": output}


class Check:
    """One check of a server; `run` once."""

    def __init__(
        self, client: AsyncOpenAI, model: str, base_url: str, within_s: float,
        cost: Callable[[Usage], str] = lambda usage: "", max_output_tokens: int = 0,
    ) -> None:  # fmt: skip
        self._client = client
        self._model = model
        # As it may be shown.
        self._base_url = base_url
        self._within_s = within_s
        # What tokens cost, as a text; empty where no prices are known.
        self._cost = cost
        self._fields = prompts.request_fields(
            model=model, instructions=INSTRUCTIONS, student_hash="model-check",
            cache_key="model-check",
        )  # fmt: skip
        if max_output_tokens:
            self._fields["max_output_tokens"] = max_output_tokens
        self._findings: list[Finding] = []
        self._first_word_s: float | None = None

    async def run(self) -> Report:
        """All that was found out. Raises nothing for what a server does."""
        async with open_socket(self._client, self._within_s) as way:
            if isinstance(way, Failure):
                self._found("WebSocket", Verdict.NO, f"{way}; every question goes over HTTP")
                talk = self._dialogue(HttpWay(self._client))
            else:
                self._found("WebSocket", Verdict.YES, "open")
                talk = self._dialogue(way)
                await self._warm_up(talk)
            stopped = await self._needs(talk)
            if stopped is ExitCode.OK:
                await self._uses(talk)
        return Report(
            self._model, self._base_url, tuple(self._findings), stopped, talk.requests,
            talk.usage, self._first_word_s, self._cost(talk.usage),
        )  # fmt: skip

    def _dialogue(self, way: Way) -> Dialogue:
        return Dialogue(way, HttpWay(self._client), self._fields, self._within_s)

    def _found(self, name: str, verdict: Verdict, seen: str, answer: Answer | None = None) -> None:
        self._findings.append(Finding(name, verdict, seen, answer.seconds if answer else None))

    async def _warm_up(self, talk: Dialogue) -> None:
        answer = await talk.once({**self._fields, "input": [], "generate": False})
        if isinstance(answer.result, Failure):
            self._found("warm-up", Verdict.NO, str(answer.result), answer)
        elif answer.text:
            self._found("warm-up", Verdict.NO, "it was taken for a question", answer)
        else:
            self._found("warm-up", Verdict.YES, "instructions read ahead", answer)
            talk.previous = answer.result.response_id

    # What the tutor needs

    async def _needs(self, talk: Dialogue) -> ExitCode:
        """Why the rest need not be tried; OK if it may be."""
        way = talk.way
        question = student(f"Remember the word {WORD}. Answer with this word alone.")
        answer = await talk.tell(question)
        if isinstance(answer.result, Failure) and way.chains:
            self._found("answer over it", Verdict.NO, str(answer.result), answer)
            talk.way = talk.fallback
            answer = await talk.tell(question)
        if isinstance(answer.result, Failure):
            self._found("answer", Verdict.FAILED, str(answer.result), answer)
            self._first_word_s = answer.first_word_s
            if answer.first_word_s is not None:
                return ExitCode.INCOMPLETE
            return STOPS.get(answer.result.kind, ExitCode.INCOMPLETE)
        self._first_word_s = answer.first_word_s
        seen = "streamed" if answer.first_word_s is not None else "not streamed, or without a text"
        self._found("answer", Verdict.YES if answer.text else Verdict.FAILED, seen, answer)
        await self._second_turn(talk)
        await self._tool(talk)
        return ExitCode.OK

    async def _second_turn(self, talk: Dialogue) -> None:
        question = student("Which word was it?")
        tried_chain = talk.way.chains
        answer = await talk.tell(question)
        refused = ""
        if isinstance(answer.result, Failure) and tried_chain:
            refused = f"not by previous_response_id ({answer.result}); "
            answer = await talk.tell(question)
        if isinstance(answer.result, Failure):
            self._found("second turn", Verdict.FAILED, str(answer.result), answer)
            return
        how = "everything told anew" if refused or not tried_chain else "only what is new told"
        if WORD in answer.text.lower():
            self._found("second turn", Verdict.YES, f"{refused}{how}, and remembered", answer)
        else:
            seen = f"{refused}{how}; it did not repeat a word of the first turn"
            self._found("second turn", Verdict.UNKNOWN, seen, answer)

    async def _tool(self, talk: Dialogue) -> None:
        name = tools.TOOL
        question = student(f"Call the tool {name} with the program print(6 * 7) and no input.")
        answer = await talk.tell(question)
        calls, forced = talk.calls(answer), False
        if not calls:
            forced = True
            answer = await talk.tell(student("Call it now."), tool_choice="required")
            calls = talk.calls(answer)
        if not calls:
            why = answer.result if isinstance(answer.result, Failure) else "no call was made"
            self._found("tool call", Verdict.FAILED, str(why), answer)
            return
        valid = isinstance(tools.parse_call(StoredCall(0, calls[0])), Call)
        if forced:
            seen = "only where tool_choice forces it: the tutor would speak without running code"
        else:
            seen = "with valid arguments" if valid else "with arguments that are not valid"
        self._found(
            "tool call", Verdict.YES if valid and not forced else Verdict.FAILED, seen, answer
        )
        answer = await talk.tell(*map(output_of, calls), student("What did it print?"))
        if isinstance(answer.result, Failure):
            self._found("tool output", Verdict.FAILED, str(answer.result), answer)
            return
        seen = "taken, and read" if "42" in answer.text else "taken; the answer does not tell it"
        self._found("tool output", Verdict.YES, seen, answer)

    # What it makes use of

    async def _uses(self, talk: Dialogue) -> None:
        await self._parallel(talk)
        await self._developer(talk)
        await self._anew(talk)
        await self._cap(talk)
        await self._compaction(talk)
        await self._over_http(talk)
        if isinstance(talk.way, SocketWay):
            await self._steering(talk, talk.way)
        counted = talk.usage.input > 0 and talk.usage.output > 0
        seen = "reported" if counted else "not reported: lengths are estimated"
        self._found("tokens", Verdict.YES if counted else Verdict.NO, seen)

    async def _parallel(self, talk: Dialogue) -> None:
        question = f"Call {tools.TOOL} twice at once: with print(1), and with print(2)."
        answer = await talk.tell(student(question))
        if isinstance(answer.result, Failure):
            self._found("parallel calls", Verdict.NO, str(answer.result), answer)
            return
        calls = talk.calls(answer)
        talk.items += map(output_of, calls)
        # With the outputs among them, everything is told.
        talk.previous = "" if calls else talk.previous
        verdict = Verdict.YES if len(calls) > 1 else Verdict.NO
        self._found("parallel calls", verdict, f"{len(calls)} calls at once", answer)

    async def _developer(self, talk: Dialogue) -> None:
        """The developer's role between two turns. Where it is refused, the dialogue has no such
        item afterwards.
        """
        order = developer(f"End every answer with the word {ORDERED}.")
        answer = await talk.tell(order, student("Say hello."))
        if isinstance(answer.result, Failure):
            self._found("developer's role", Verdict.NO, str(answer.result), answer)
            return
        obeyed = ORDERED in answer.text.lower()
        seen = "taken in the middle of a dialogue" + (", and obeyed" if obeyed else ", not obeyed")
        self._found("developer's role", Verdict.YES, seen, answer)

    async def _anew(self, talk: Dialogue) -> None:
        thoughts = [item for item in talk.items if item["type"] == "reasoning"]
        sealed = [item for item in thoughts if item.get("encrypted_content")]
        answer = await talk.tell(student("Thank you."), anew=True)
        if isinstance(answer.result, Failure):
            self._found("told anew", Verdict.FAILED, str(answer.result), answer)
        else:
            self._found("told anew", Verdict.YES, f"{len(talk.items)} items taken back", answer)
        if not thoughts:
            self._found("reasoning", Verdict.UNKNOWN, "no such item came")
        else:
            taken = "refused" if isinstance(answer.result, Failure) else "taken back"
            verdict = Verdict.NO if isinstance(answer.result, Failure) else Verdict.YES
            seen = f"{len(thoughts)} items, {len(sealed)} of them sealed, {taken}"
            self._found("reasoning", verdict, seen)

    async def _cap(self, talk: Dialogue) -> None:
        question = [student("Count from one to a hundred in words.")]
        bound = {"input": question, "max_output_tokens": CAP_TOKENS}
        answer = await talk.once({**self._fields, **bound})
        talk.previous = ""
        match answer.result:
            case Failure() as failure:
                self._found("max_output_tokens", Verdict.NO, str(failure), answer)
            case parse.ResponseDone(cut_short="max_output_tokens"):
                self._found("max_output_tokens", Verdict.YES, "kept, and said", answer)
            case parse.ResponseDone(usage=usage) if 0 < usage.output < CAP_TOKENS:
                seen = "the answer ended before that"
                self._found("max_output_tokens", Verdict.UNKNOWN, seen, answer)
            case parse.ResponseDone(usage=usage) if usage.output == CAP_TOKENS:
                seen = "kept, but not said: an answer that is cut looks whole"
                self._found("max_output_tokens", Verdict.NO, seen, answer)
            case _:
                self._found("max_output_tokens", Verdict.NO, "not kept", answer)

    async def _compaction(self, talk: Dialogue) -> None:
        talk.requests += 1
        try:
            async with asyncio.timeout(self._within_s):
                outcome = await http.compact(self._client, self._fields, talk.items)
        except TimeoutError as error:
            self._found("compaction", Verdict.NO, str(failure_of(error)))
            return
        if isinstance(outcome, parse.ResponseDone):
            seen = f"{len(talk.items)} items into {len(outcome.items)}"
            self._found("compaction", Verdict.YES, seen)
        else:
            missing = outcome.code == http.NO_ENDPOINT
            why = "no such endpoint" if missing else f"refused ({outcome.code or 'no reason'})"
            seen = f"{why}; of a long dialogue the oldest turns are left out"
            self._found("compaction", Verdict.NO, seen)

    async def _over_http(self, talk: Dialogue) -> None:
        if not talk.way.chains:
            return
        body = {**self._fields, "input": [*talk.items, student("Good-bye.")]}
        answer = await talk.once(body, HttpWay(self._client))
        if isinstance(answer.result, Failure):
            seen = f"{answer.result}; there is no way where a WebSocket does not get through"
            self._found("HTTP", Verdict.NO, seen, answer)
        else:
            self._found("HTTP", Verdict.YES, "the way for where no WebSocket gets through", answer)

    async def _steering(self, talk: Dialogue, way: SocketWay) -> None:
        """The last request on the socket: what still comes of it is nobody's."""
        talk.requests += 1
        body = {**self._fields, "input": [student("Count from one to a hundred in words.")]}
        try:
            async with (
                asyncio.timeout(self._within_s),
                contextlib.aclosing(way.events(body)) as events,
            ):
                verdict, seen = await _steered(way, events)
        except Exception as error:  # noqa: BLE001  # whatever it is, the check goes on
            verdict, seen = Verdict.NO, str(failure_of(error))
        self._found("steering", verdict, seen)


async def _steered(way: SocketWay, events: AsyncIterator[bytes]) -> tuple[Verdict, str]:
    """What becomes of a message that is sent while the model answers."""
    async for raw in events:
        match parse.parse_event(raw):
            case parse.ResponseCreated(name):
                message = student("Stop counting.")
                steer = {"type": "response.steer", "previous_response_id": name, "input": [message]}
                await way.send(steer)
            case parse.SteerAccepted():
                return Verdict.YES, "a message in the middle of an answer is taken"
            case parse.SteerFailed(code=code):
                return Verdict.NO, f"{code or 'refused'}; a message waits for the end of the answer"
            case parse.ResponseFailed(code=code):
                return Verdict.NO, f"{code or 'refused'}; a message waits for the end of the answer"
            case parse.ResponseDone():
                return Verdict.UNKNOWN, "the answer ended before anything was said of it"
    return Verdict.UNKNOWN, "the connection ended"
