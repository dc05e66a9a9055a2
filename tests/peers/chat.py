"""A small server of chat completions: what most models speak behind a gateway."""

import asyncio
import json
from collections import deque
from itertools import count
from typing import Any

Body = dict[str, Any]
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def say(text: str) -> list[Body]:
    """The chunks of an answer, a word each."""
    return [{"content": word} for word in text.replace(" ", " \0").split("\0")]


def call(*programs: str, name: str = "execute_code") -> list[Body]:
    """The chunks of calls, one for each program, their arguments in two pieces."""
    chunks: list[Body] = []
    for index, program in enumerate(programs):
        arguments = json.dumps({"code": program, "stdin": ""})
        head = {"index": index, "id": f"call_{index}", "type": "function"}
        begun = {**head, "function": {"name": name, "arguments": ""}}
        chunks.append({"tool_calls": [begun]})
        chunks += [
            {"tool_calls": [{"index": index, "function": {"arguments": part}}]}
            for part in (arguments[:7], arguments[7:])
        ]
    return chunks


class Backend:
    """Answers each request with the next of `answers`: chunks, or a status and an error."""

    def __init__(self) -> None:
        self.answers: deque[list[Body] | tuple[int, Body]] = deque()
        # What it was asked.
        self.asked: list[Body] = []
        self._ids = count(1)
        self._writers: list[asyncio.StreamWriter] = []

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one kept connection."""
        self._writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                [length] = [
                    int(line.split(":")[1])
                    for line in head.split("\r\n")
                    if line.startswith("content-length")
                ]
                self.asked.append(json.loads(await reader.readexactly(length)))
                writer.write(self._answer())
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self) -> bytes:
        answer = self.answers.popleft() if self.answers else say("Nothing is scripted.")
        if isinstance(answer, tuple):
            status, error = answer
            return _http(status, "application/json", json.dumps(error).encode())
        name = f"chatcmpl-{next(self._ids)}"
        ending = "tool_calls" if "tool_calls" in answer[-1] else "stop"
        chunks = [_chunk(name, [_choice(delta)]) for delta in answer]
        chunks += [_chunk(name, [_choice({}, ending)]), _chunk(name, [], usage=USAGE)]
        body = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
        return _http(200, "text/event-stream", body + b"data: [DONE]\n\n")


def _chunk(name: str, choices: list[Body], **more: Any) -> Body:
    kind = {"object": "chat.completion.chunk", "created": 1, "model": "scripted"}
    return {"id": name, **kind, "choices": choices, **more}


def _choice(delta: Body, ending: str | None = None) -> Body:
    return {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": ending}


def _http(status: int, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
