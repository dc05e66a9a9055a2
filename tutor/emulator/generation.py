"""One response from `response.created` to its terminal event: every frame, in order. Pure."""

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, assert_never

from tutor.emulator import steering
from tutor.emulator.compaction import compact, expand, seal, since_compaction
from tutor.emulator.create import Create
from tutor.emulator.errors import Frame
from tutor.emulator.model import Call, Item, Output, Request, Say, Think
from tutor.emulator.resource import BYTES_PER_TOKEN, read_tokens, resource, size, usage
from tutor.emulator.steering import Steer
from tutor.emulator.tools import all_tools

# Makes a fresh id from a prefix: "resp" -> "resp_…".
NewId = Callable[[str], str]
# The last events of an item, from what was written of it and the status it ends with.
Close = Callable[[str, str], Iterator[Frame]]

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
        # How to close the item that is being written, and what was written; None between items.
        self._open: tuple[Close, str] | None = None
        # Bytes that may still be written; None is as many as it takes.
        limit = create.max_output_tokens
        self._left = None if limit is None else limit * BYTES_PER_TOKEN
        # Whether there was more to write than may be; then it ends as incomplete.
        self.full = False
        # The number of the next event.
        self.sequence = 0
        # What the user has said meanwhile, in order.
        self.steers: list[Steer] = []
        # Whether the client has asked for no more.
        self.stopped = False
        # Empty while it runs, then the status it ended with; "error" for an `error` event.
        self.ended = ""
        self._new_id = new_id
        self._resource = resource(create, self.id, now)

    @property
    def request(self) -> Request:
        """What the model gets to see."""
        items = self.chain + self.create.input
        return Request(
            model=self.create.model,
            items=expand(items),
            instructions=self.create.instructions or "",
            tools=tuple(all_tools(self.create.tools, items)),
            choice=self.create.choice,
            reasoning=self.create.body.get("reasoning") or {},
        )

    def opening(self) -> Iterator[Frame]:
        yield self.event("response.created", response=self._resource)
        yield self.event("response.in_progress", response=self._resource)

    def compaction(self) -> Iterator[Frame]:
        """The compaction of what came before, if it has become too long."""
        items = self.chain + self.create.input
        threshold = self.create.compact_threshold
        if threshold is None or read_tokens(self.create, self.chain) <= threshold:
            return
        item = compact(items, self._new_id("cmp"))
        where = {"item_id": item["id"], "output_index": len(self.output)}
        yield self._added(item | {"encrypted_content": ""})
        yield self.event("response.compaction.compacting", **where)
        yield self._done(item)

    @property
    def conversation(self) -> tuple[Item, ...]:
        """All items that a continuation builds on."""
        output = since_compaction(self.output)
        if output and output[0]["type"] == "compaction":
            return output
        return self.chain + self.create.input + output

    @property
    def steered(self) -> bool:
        """Whether it should end here, between two items, and make way for its successor."""
        return bool(self.steers) and all(i["type"] != "function_call" for i in self.output)

    def item(self, output: Output) -> Iterator[Frame]:
        """The life of one output item: whole, or as far as the request's limit allows."""
        if self._left == 0:
            self.full = True
            return
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
        """Close the item that is being written, as far as it came; then ask for no more."""
        if self._open:
            close, written = self._open
            self._open = None
            yield from close(written, "incomplete")

    # Steering

    def steer(self, steer: Steer) -> Frame:
        self.steers.append(steer)
        return self.event("response.steer.accepted", steer=steer.stub)

    def not_steered(self, code: str, back: Frame) -> Frame:
        """The input goes back: `back` holds it, and the steer's id if it was accepted before."""
        self.sequence += 1
        return steering.failed(code, back, self.sequence - 1, self.create.stream_id)

    def steer_pending(self, steer: Steer, stubs: list[Frame]) -> Frame:
        return self.event(
            "response.steer.pending",
            reason="waiting_for_required_input",
            required_input=stubs,
            steer=steer.stub,
        )

    # The end: exactly one of these

    def completed(self, now: float) -> Frame:
        return self._end("completed", completed_at=int(now), usage=self._usage())

    def incomplete(self, reason: str | None) -> Frame:
        """Ended early; without a reason because the client asked for it."""
        details = {"reason": reason} if reason else None
        return self._end("incomplete", incomplete_details=details, usage=self._usage())

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
        yield self.event("response.content_part.added", **where, part=part)
        close = partial(self._close_message, item)
        for piece in self._written(say.text, close):
            yield self._delta("response.output_text.delta", where, piece, logprobs=[])
        yield from self._close(close, say.text)

    def _close_message(self, item: Item, text: str, status: str) -> Iterator[Frame]:
        where = {"item_id": item["id"], "output_index": len(self.output), "content_index": 0}
        whole = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
        yield self.event("response.output_text.done", **where, text=text, logprobs=[])
        yield self.event("response.content_part.done", **where, part=whole)
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
        close = partial(self._close_call, item)
        for piece in self._written(call.arguments, close):
            yield self._delta("response.function_call_arguments.delta", where, piece)
        yield from self._close(close, call.arguments)

    def _close_call(self, item: Item, arguments: str, status: str) -> Iterator[Frame]:
        where = {"item_id": item["id"], "output_index": len(self.output)}
        yield self.event("response.function_call_arguments.done", **where, arguments=arguments)
        yield self._done(item | {"status": status, "arguments": arguments})

    def _reasoning(self, think: Think) -> Iterator[Frame]:
        item_id = self._new_id("rs")
        item: Item = {"id": item_id, "type": "reasoning", "summary": []}
        where = {"item_id": item_id, "output_index": len(self.output), "summary_index": 0}
        part = {"type": "summary_text", "text": ""}
        yield self._added(item | {"encrypted_content": ""})
        yield self.event("response.reasoning_summary_part.added", **where, part=part)
        close = partial(self._close_reasoning, item)
        for piece in self._written(think.summary, close):
            yield self._delta("response.reasoning_summary_text.delta", where, piece)
        yield from self._close(close, think.summary)

    def _close_reasoning(self, item: Item, summary: str, status: str) -> Iterator[Frame]:
        where = {"item_id": item["id"], "output_index": len(self.output), "summary_index": 0}
        whole = {"type": "summary_text", "text": summary}
        yield self.event("response.reasoning_summary_text.done", **where, text=summary)
        yield self.event("response.reasoning_summary_part.done", **where, part=whole)
        # Populated over WebSocket whether `include` asks for it or not.
        done = {"summary": [whole], "encrypted_content": seal(summary)}
        yield self._done(item | done | ({} if status == "completed" else {"status": status}))

    def _written(self, text: str, close: Close) -> Iterator[str]:
        """The pieces of a text, one after the other, as long as more may be written."""
        written = ""
        for piece in TOKEN.findall(text):
            if self._left is not None:
                if size(piece) > self._left:
                    self.full, self._left = True, 0
                    return
                self._left -= size(piece)
            written += piece
            self._open = close, written
            yield piece
        self._open = None

    def _close(self, close: Close, whole: str) -> Iterator[Frame]:
        """The end of an item whose text is written, or cut by the limit."""
        if not self.full:
            yield from close(whole, "completed")
            return
        written = self._open[1] if self._open else ""
        self._open = None
        yield from close(written, "incomplete")

    # Single events

    def _added(self, item: Item) -> Frame:
        return self.event("response.output_item.added", output_index=len(self.output), item=item)

    def _done(self, item: Item) -> Frame:
        self.output.append(item)
        return self.event("response.output_item.done", output_index=len(self.output) - 1, item=item)

    def _delta(self, kind: str, where: Frame, delta: str, **fields: Any) -> Frame:
        if self.create.obfuscate:
            # Hides the length of what is written from those who see only sizes.
            seed = hashlib.md5(f"{self.id}{self.sequence}".encode(), usedforsecurity=False)
            length = OBFUSCATION_BLOCK - len(delta) % OBFUSCATION_BLOCK
            fields["obfuscation"] = seed.hexdigest()[:length]
        return self.event(kind, **where, delta=delta, **fields)

    @property
    def resource(self) -> Frame:
        """The response as it stands."""
        return dict(self._resource)

    def _end(self, status: str, **fields: Any) -> Frame:
        self.ended = status
        self._resource |= {"status": status, "output": list(self.output), **fields}
        return self.event(f"response.{status}", response=self._resource)

    def event(self, kind: str, **fields: Any) -> Frame:
        frame: Frame = {"type": kind, "sequence_number": self.sequence, **fields}
        if "response" in fields:
            frame["response"] = dict(fields["response"])
        if self.create.stream_id is not None:
            frame["stream_id"] = self.create.stream_id
        self.sequence += 1
        return frame

    def _usage(self) -> Frame:
        return usage(self.create, self.chain, self.output)
