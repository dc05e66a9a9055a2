"""One response from `response.created` to its terminal event: every frame, in order. Pure."""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any, Final, assert_never

from tutor.emulator.create import Create
from tutor.emulator.errors import Frame
from tutor.emulator.model import Call, Item, Output, Request, Say, Think
from tutor.emulator.resource import resource, usage

# Makes a fresh id from a prefix: "resp" -> "resp_…".
NewId = Callable[[str], str]

# Deltas and their padding come out at a multiple of this length.
OBFUSCATION_BLOCK: Final = 16
# What one delta carries: a short word with the space before it, or a piece of a long one.
TOKEN: Final = re.compile(r"\s*\S{1,8}|\s+")


class Generation:
    """The frames of one response. Ask for them in order: `opening`, `item`s, one terminal."""

    def __init__(self, create: Create, chain: tuple[Item, ...], new_id: NewId, now: float) -> None:
        # The request that is answered.
        self.create = create
        # The items the previous response had seen and said.
        self.chain = chain
        self.id = new_id("resp")
        # Completed output items, in the order of their output_index.
        self.output: list[Item] = []
        # The message that is being written and its text so far; None between items.
        self._open: tuple[Item, str] | None = None
        # The number of the next event.
        self.sequence = 0
        self._new_id = new_id
        self._resource = resource(create, self.id, now)

    @property
    def request(self) -> Request:
        """What the model gets to see."""
        return Request(
            model=self.create.model,
            items=self.chain + self.create.input,
            instructions=self.create.instructions or "",
            tools=self.create.tools,
            tool_choice=self.create.body.get("tool_choice") or "auto",
            reasoning=self.create.body.get("reasoning") or {},
        )

    def opening(self) -> Iterator[Frame]:
        yield self._event("response.created", response=self._resource)
        yield self._event("response.in_progress", response=self._resource)

    def item(self, output: Output) -> Iterator[Frame]:
        """The whole life of one output item."""
        match output:
            case Say():
                yield from self._message(output)
            case Call():
                yield from self._call(output)
            case Think():
                yield from self._reasoning(output)
            case _:
                assert_never(output)

    def cut_short(self) -> Iterator[Frame]:
        """Close the message that is being written, as far as it came; then ask for no more."""
        if self._open:
            item, written = self._open
            yield from self._close_message(item, written, "incomplete")

    # The end: exactly one of these

    def completed(self, now: float) -> Frame:
        return self._end("completed", completed_at=int(now), usage=self._usage())

    def incomplete(self, reason: str) -> Frame:
        return self._end("incomplete", incomplete_details={"reason": reason}, usage=self._usage())

    def failed(self, code: str, message: str) -> Frame:
        self.output.clear()
        return self._end("failed", error={"code": code, "message": message})

    # Output items

    def _message(self, say: Say) -> Iterator[Frame]:
        item_id = self._new_id("msg")
        item: Item = {
            "id": item_id,
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "phase": say.phase,
            "content": [],
        }
        where = {"item_id": item_id, "output_index": len(self.output), "content_index": 0}
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
        yield self._added(item)
        yield self._event("response.content_part.added", **where, part=part)
        written = ""
        for piece in TOKEN.findall(say.text):
            written += piece
            self._open = (item, written)
            yield self._delta("response.output_text.delta", where, piece, logprobs=[])
        yield from self._close_message(item, say.text, "completed")

    def _close_message(self, item: Item, text: str, status: str) -> Iterator[Frame]:
        self._open = None
        where = {"item_id": item["id"], "output_index": len(self.output), "content_index": 0}
        whole = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
        yield self._event("response.output_text.done", **where, text=text, logprobs=[])
        yield self._event("response.content_part.done", **where, part=whole)
        yield self._done(item | {"status": status, "content": [whole]})

    def _call(self, call: Call) -> Iterator[Frame]:
        item_id = self._new_id("fc")
        item: Item = {
            "id": item_id,
            "type": "function_call",
            "status": "in_progress",
            "call_id": call.call_id or self._new_id("call"),
            "name": call.name,
            "arguments": "",
        }
        where = {"item_id": item_id, "output_index": len(self.output)}
        yield self._added(item)
        for piece in TOKEN.findall(call.arguments):
            yield self._delta("response.function_call_arguments.delta", where, piece)
        yield self._event(
            "response.function_call_arguments.done",
            **where,
            arguments=call.arguments,
        )
        yield self._done(item | {"status": "completed", "arguments": call.arguments})

    def _reasoning(self, think: Think) -> Iterator[Frame]:
        item_id = self._new_id("rs")
        item: Item = {"id": item_id, "type": "reasoning", "summary": []}
        where = {"item_id": item_id, "output_index": len(self.output), "summary_index": 0}
        part = {"type": "summary_text", "text": ""}
        whole = part | {"text": think.summary}
        yield self._added(item | {"encrypted_content": ""})
        yield self._event("response.reasoning_summary_part.added", **where, part=part)
        for piece in TOKEN.findall(think.summary):
            yield self._delta("response.reasoning_summary_text.delta", where, piece)
        yield self._event("response.reasoning_summary_text.done", **where, text=think.summary)
        yield self._event("response.reasoning_summary_part.done", **where, part=whole)
        # Populated over WebSocket whether `include` asks for it or not.
        secret = urlsafe_b64encode(hashlib.sha512(item_id.encode()).digest()).decode()
        yield self._done(item | {"summary": [whole], "encrypted_content": f"gAAAAA{secret}"})

    # Single events

    def _added(self, item: Item) -> Frame:
        return self._event("response.output_item.added", output_index=len(self.output), item=item)

    def _done(self, item: Item) -> Frame:
        self.output.append(item)
        return self._event(
            "response.output_item.done", output_index=len(self.output) - 1, item=item
        )

    def _delta(self, kind: str, where: Frame, delta: str, **fields: Any) -> Frame:
        if self.create.obfuscate:
            # Hides the length of what is written from those who see only sizes.
            seed = hashlib.md5(f"{self.id}{self.sequence}".encode(), usedforsecurity=False)
            length = OBFUSCATION_BLOCK - len(delta) % OBFUSCATION_BLOCK
            fields["obfuscation"] = seed.hexdigest()[:length]
        return self._event(kind, **where, delta=delta, **fields)

    def _end(self, status: str, **fields: Any) -> Frame:
        self._resource |= {"status": status, "output": list(self.output), **fields}
        return self._event(f"response.{status}", response=self._resource)

    def _event(self, kind: str, **fields: Any) -> Frame:
        frame: Frame = {"type": kind, "sequence_number": self.sequence, **fields}
        if "response" in fields:
            frame["response"] = dict(fields["response"])
        if self.create.stream_id is not None:
            frame["stream_id"] = self.create.stream_id
        self.sequence += 1
        return frame

    def _usage(self) -> Frame:
        return usage(self.create, self.chain, self.output)
