"""The far end of a socket, as a judge of what it has been told: two of them."""

import json
from itertools import count
from typing import Any, Protocol

from tests.tutor.emulator.core import NOW, connection, create
from tutor.emulator.generation import Generation
from tutor.emulator.model import Call, Output, Say, Think
from tutor.emulator.protocol import Notice, Refused, Started
from tutor.protocol.calls import Payload
from tutor.turn.history import VOLATILE, Plan


def essence(value: Any) -> Any:
    """What is left of items without what the API may change when it is sent back."""
    if isinstance(value, dict):
        return {name: essence(part) for name, part in value.items() if name not in VOLATILE}
    return [essence(part) for part in value] if isinstance(value, list | tuple) else value


def message(text: str, phase: str) -> Payload:
    """A message of the model's."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"type": "message", "role": "assistant", "phase": phase, "content": [part]}


class Socket(Protocol):
    """The far end of one socket. One request at a time."""

    def ask(self, sent: Plan, *, generate: bool) -> list[Payload] | None:
        """All that the model is now told; None where what it continues is not known."""

    def answer(self, outputs: list[Output], *, whole: bool = True) -> tuple[str, list[Payload]]:
        """The response's id and items; `whole` is false where it ends early."""

    def answer_steered(
        self, outputs: list[Output], said: list[Payload]
    ) -> tuple[str, list[Payload], list[Payload] | None]:
        """The same for a response that was steered with what the student `said`; then all that its
        successor, which runs now, is told. None where that waits for the outputs of calls."""

    def fail(self) -> None: ...

    def forget(self) -> None: ...


class Ledger:
    """What the reference says of one lane: it holds its latest response, and no other."""

    def __init__(self) -> None:
        self._numbers = count(1)
        # The latest response and all it was told and said; None where nothing is held.
        self._held: tuple[str, list[Payload]] | None = None
        # The request that runs: what it continues, and all it tells.
        self._running: tuple[str | None, list[Payload]] | None = None
        # What was steered in and waits for the outputs of the held response's calls.
        self._steered_in: list[Payload] = []

    def ask(self, sent: Plan, *, generate: bool) -> list[Payload] | None:
        told: list[Payload] = []
        if sent.previous_response_id is not None:
            if self._held is None or self._held[0] != sent.previous_response_id:
                return None
            told = [*self._held[1], *self._steered_in]
        self._steered_in = []
        self._running = sent.previous_response_id, [*told, *sent.input]
        return self._running[1]

    def answer(self, outputs: list[Output], *, whole: bool = True) -> tuple[str, list[Payload]]:
        assert self._running
        items = [self._written(output) for output in outputs]
        if not whole:
            items[-1] |= {"status": "incomplete"}
        response_id = f"resp_{next(self._numbers)}"
        self._held = response_id, [*self._running[1], *items]
        self._running = None
        return response_id, items

    def answer_steered(
        self, outputs: list[Output], said: list[Payload]
    ) -> tuple[str, list[Payload], list[Payload] | None]:
        response_id, items = self.answer(outputs)
        assert self._held
        if any(isinstance(output, Call) for output in outputs):
            self._steered_in = said
            return response_id, items, None
        self._running = response_id, [*self._held[1], *said]
        return response_id, items, self._running[1]

    def fail(self) -> None:
        assert self._running
        if self._held and self._held[0] == self._running[0]:
            self._held = None
        self._running = None

    def forget(self) -> None:
        self._held = None

    def _written(self, output: Output) -> Payload:
        number = next(self._numbers)
        match output:
            case Say(text, phase):
                return {"id": f"msg_{number}", "status": "completed", **message(text, phase)}
            case Think(summary):
                return {"id": f"rs_{number}", "type": "reasoning", "summary": [], "x": summary}
            case Call(name, arguments, call_id):
                call_id = call_id or f"call_{number}"
                call = {"call_id": call_id, "name": name, "arguments": arguments}
                return {"id": f"fc_{number}", "type": "function_call", **call}


class Emulated:
    """The emulator's own rules, which also refuse calls without outputs and broken items."""

    def __init__(self) -> None:
        self._core = connection()
        # The response that runs; None between two.
        self._running: Generation | None = None

    def ask(self, sent: Plan, *, generate: bool) -> list[Payload] | None:
        fields = {"input": list(sent.input), "previous_response_id": sent.previous_response_id}
        self._core.receive(create(**fields, generate=generate))
        # Before it may come what was steered in, sent back.
        *_, begun = self._core.begin(NOW)
        if isinstance(begun, Refused):
            assert begun.code == "previous_response_not_found", begun.frame
            return None
        assert isinstance(begun, Started)
        self._running = begun.generation
        return [*self._running.chain, *self._running.create.input]

    def answer(self, outputs: list[Output], *, whole: bool = True) -> tuple[str, list[Payload]]:
        running = self._end()
        for output in outputs[:-1] if not whole else outputs:
            list(running.item(output))
        if whole:
            self._core.complete(running, NOW)
        else:
            for _ in zip(range(4), running.item(outputs[-1]), strict=False):
                """The last item is written in part."""
            list(running.cut_short())
            self._core.incomplete(running, "max_output_tokens")
        self._core.release(running)
        return running.id, _over_the_wire(running.output)

    def answer_steered(
        self, outputs: list[Output], said: list[Payload]
    ) -> tuple[str, list[Payload], list[Payload] | None]:
        running = self._end()
        list(running.item(outputs[0]))
        steer = {"type": "response.steer", "previous_response_id": running.id, "input": said}
        told = self._core.receive(steer)
        assert isinstance(told, Notice)
        assert told.frames[0]["type"] == "response.steer.accepted", told.frames[0]
        left = outputs[1:]
        if left and running.steered:
            self._core.incomplete(running, "steered")
        else:
            for output in left:
                list(running.item(output))
            self._core.complete(running, NOW)
        self._core.release(running)
        for begun in self._core.begin(NOW):
            assert isinstance(begun, Started)
            self._running = begun.generation
        now = self._running
        following = [*now.chain, *now.create.input] if now else None
        return running.id, _over_the_wire(running.output), following

    def fail(self) -> None:
        running = self._end()
        self._core.fail(running, "server_error", "It broke.")
        self._core.release(running)

    def forget(self) -> None:
        self._core.forget()

    def _end(self) -> Generation:
        running, self._running = self._running, None
        assert running
        return running


def _over_the_wire(items: list[Payload]) -> list[Payload]:
    copies: list[Payload] = json.loads(json.dumps(items))
    return copies
