"""A server of the Responses protocol that says what it is told to, over real sockets."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from tests.tutor.listening import listening

Frame = dict[str, Any]
Answer = list[Frame] | Callable[[Frame], list[Frame]]

WARM = "resp_warm_up"


def created(name: str) -> Frame:
    return {"type": "response.created", "response": {"id": name, "output": []}}


def message(text: str, **fields: Any) -> Frame:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    return {**item, "content": [part], **fields}


def call(code: str, **fields: Any) -> Frame:
    arguments = json.dumps({"code": code, "stdin": ""})
    item = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1"}
    return {**item, "name": "execute_code", "arguments": arguments, **fields}


def delta(text: str) -> Frame:
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    return {"type": "response.output_text.delta", **where, "delta": text}


def done(index: Any, item: Frame) -> Frame:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def completed(name: str, *output: Frame, **fields: Any) -> Frame:
    usage = {"input_tokens": 1, "output_tokens": 1}
    response = {"id": name, "status": "completed", "output": output, "usage": usage, **fields}
    return {"type": "response.completed", "response": response}


def said(name: str, text: str) -> list[Frame]:
    """A whole answer."""
    return [created(name), delta(text), done(0, message(text)), completed(name, message(text))]


def wait(until: asyncio.Event) -> Frame:
    """No event: those after it come over a socket when `until` is set."""
    return {"type": "wait", "for": until}


def error(code: str | None, text: str, status: int | None = 400) -> Frame:
    told = {"type": "invalid_request_error", "code": code, "message": text, "param": None}
    return {"type": "error", **({"status": status} if status else {}), "error": told}


class Scripted:
    """What one server was asked, and what it will answer."""

    def __init__(self) -> None:
        self.base_url = ""
        # One for each request to come, as a list of events, or what makes one of the request.
        self.answers: deque[Answer] = deque()
        # The same for a warm-up; as long as there is none, it succeeds.
        self.warm_ups: deque[Answer] = deque()
        # What was asked, warm-ups apart; and what was asked over HTTP, by path.
        self.asked: list[Frame] = []
        self.warmed: list[Frame] = []
        self.posted: list[tuple[str, Frame]] = []
        # How a compaction is answered: status and body.
        self.compaction: Callable[[Frame], tuple[int, Frame]] = lambda body: (404, {})
        # Whether the server knows WebSockets; if not, how it answers a handshake: status and kind.
        self.upgrades = True
        self.refusal = (404, "application/json")
        # Whether a post is answered with a page, as by a filter.
        self.post_page = False
        # The same for a look at its models; and how many of both there were.
        self.models = (200, "application/json")
        self.handshakes = self.looks = 0
        # How long it pauses before each event of an answer, warm-ups apart.
        self.pauses_s = 0.0

    def answer(self, frame: Frame) -> list[Frame]:
        if frame.get("generate") is False:
            self.warmed.append(frame)
            script = self.warm_ups.popleft() if self.warm_ups else [created(WARM), completed(WARM)]
        else:
            self.asked.append(frame)
            script = self.answers.popleft()
        return script(frame) if callable(script) else script

    async def _talk(self, line: ServerConnection) -> None:
        async for text in line:
            frame = json.loads(text)
            for event in self.answer(frame):
                if event["type"] == "wait":
                    await event["for"].wait()
                    continue
                if frame.get("generate") is not False:
                    await asyncio.sleep(self.pauses_s)
                await line.send(json.dumps(event))

    async def _front(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        """Posts are answered here; all else goes on to the sockets."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b" ", 2)
            if method == b"POST":
                await self._post(path.decode(), head, reader, writer)
                return
            if path.endswith(b"/models"):
                self.looks += 1
                _refuse(writer, *self.models)
                return
            self.handshakes += 1
            if self.upgrades:
                await self._upgrade(head, reader, writer, port)
            else:
                _refuse(writer, *self.refusal)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _upgrade(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        there, away = await asyncio.open_connection("127.0.0.1", port)
        away.write(head)
        await asyncio.gather(_pipe(reader, away), _pipe(there, writer))

    async def _post(
        self, path: str, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        lines = head.decode().lower().split("\r\n")
        [length] = [line.split(":")[1] for line in lines if line.startswith("content-length")]
        body = json.loads(await reader.readexactly(int(length)))
        self.posted.append((path, body))
        if self.post_page:
            _refuse(writer, 200, "text/html")
            return
        if path.endswith("/compact"):
            status, answer = self.compaction(body)
            text, kind = json.dumps(answer), "application/json"
        else:
            events = self.answer(body)
            refused = events[0]["type"] == "error"
            status = events[0]["status"] if refused else 200
            if self.pauses_s and not refused:
                await self._stream(events, writer)
                return
            streamed = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
            text = json.dumps({"error": events[0]["error"]}) if refused else streamed
            kind = "application/json" if refused else "text/event-stream"
        answered = (
            f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nConnection: close\r\n"
            f"Content-Length: {len(text.encode())}\r\n\r\n{text}"
        )
        writer.write(answered.encode())
        await writer.drain()

    async def _stream(self, events: list[Frame], writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\n\r\n")
        for event in events:
            await asyncio.sleep(self.pauses_s)
            writer.write(f"data: {json.dumps(event)}\n\n".encode())
            await writer.drain()


def _refuse(writer: asyncio.StreamWriter, status: int, kind: str) -> None:
    body = b"{}" if kind.endswith("json") else b"<html>Not here.</html>"
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def scripted(*answers: Answer) -> AsyncIterator[Scripted]:
    """A server on loopback for the length of a block."""
    server = Scripted()
    server.answers.extend(answers)
    async with serve(server._talk, "127.0.0.1", 0, max_size=None) as sockets:
        [port] = {address.getsockname()[1] for address in sockets.sockets}

        async def front(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await server._front(reader, writer, port)

        async with listening(front) as address:
            server.base_url = f"http://127.0.0.1:{address}/v1"
            yield server
            sockets.close()
