"""The small dialogue that shows what a server can do: some twenty requests, without a student.

1. Is there a way? A WebSocket, or else HTTP.
2. What the tutor needs: an answer, a second turn, a call of its tool and what comes of its output,
   and the whole dialogue told anew.
3. What it makes use of: the other findings. A refusal there ends nothing.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final

from openai import AsyncOpenAI

from tutor.method import prompts
from tutor.method.facts_role import ROLES
from tutor.protocol.events import Usage
from tutor.upstream import http
from tutor.upstream.check import roles, tool_calls
from tutor.upstream.check.exchange import (
    Answer,
    Failure,
    HttpWay,
    Kind,
    SocketWay,
    Way,
    failure_of,
    open_socket,
)
from tutor.upstream.check.report import ExitCode, Finding, Report, Verdict
from tutor.upstream.check.talk import Dialogue, found, student
from tutor.upstream.sansio import parse

INSTRUCTIONS: Final = "Somebody tries out whether you can be reached. Do as asked, in few words."
WORD: Final = "marigold"
# The least that OpenAI takes as a bound for an answer.
CAP_TOKENS: Final = 16
STOPS: Final = {
    Kind.KEY_REFUSED: ExitCode.KEY_REFUSED,
    Kind.NOT_THERE: ExitCode.MISCONFIGURED,
    Kind.UNREACHABLE: ExitCode.UNREACHABLE,
    Kind.TIMEOUT: ExitCode.UNREACHABLE,
}


class Check:
    """One check of a server; `run` once."""

    def __init__(
        self, client: AsyncOpenAI, model: str, base_url: str, within_s: float,
        cost: Callable[[Usage], str] = lambda usage: "", max_output_tokens: int = 0,
        facts_role: str = ROLES[0],
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
        # MODEL_FACTS_ROLE as it is.
        self._facts_role = facts_role
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
        self._findings.append(found(name, verdict, seen, answer))

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
        if refused := await tool_calls.probe_declarations(talk, answer):
            self._findings.append(refused)
            return ExitCode.INCOMPLETE
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
        self._findings += await tool_calls.probe_run(talk)
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

    # What it makes use of

    async def _uses(self, talk: Dialogue) -> None:
        self._findings += await tool_calls.probe_parallel(talk)
        self._findings += await tool_calls.probe_moves(talk)
        self._findings += await roles.probe(talk, self._facts_role)
        await self._anew(talk)
        await self._cap(talk)
        await self._compaction(talk)
        await self._over_http(talk)
        if isinstance(talk.way, SocketWay):
            await self._steering(talk, talk.way)
        counted = talk.usage.input > 0 and talk.usage.output > 0
        seen = "reported" if counted else "not reported: lengths are estimated"
        self._found("tokens", Verdict.YES if counted else Verdict.NO, seen)

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
