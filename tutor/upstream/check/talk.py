"""A dialogue with a server: what has been said so far, what it cost, and the items to say."""

from dataclasses import dataclass, field
from typing import Any, Final

from tutor.method import prompts
from tutor.method.tools import output
from tutor.protocol.calls import Payload
from tutor.protocol.events import Usage
from tutor.upstream.check.exchange import Answer, Failure, Kind, Way, ask
from tutor.upstream.check.report import Finding, Verdict
from tutor.upstream.sansio import parse

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


def output_of(call: Payload) -> Payload:
    """The output of a program that is not really run."""
    report = {"status": "ok", "exit_code": 0, "stdout": "42\n", "stderr": ""}
    return output(str(call.get("call_id") or ""), report)


def found(name: str, verdict: Verdict, seen: str, answer: Answer | None = None) -> Finding:
    """A finding, which took as long as the answer."""
    return Finding(name, verdict, seen, answer.seconds if answer else None)
