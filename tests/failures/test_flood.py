"""Clients that send too much, too slowly, or too often at once. Their requests are written by hand.

The numbers are those of an attacker's list: w3 is what is too large, w9 what is too slow.
"""

import asyncio
import contextlib
import socket
import struct
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.failures.school import EVERY_DAY, GRACE_S, Memory, School
from tests.polling import wait_until
from tests.running import Classroom
from tutor.protocol import frames
from tutor.web.consumers import MAX_PAGES

pytestmark = pytest.mark.failures

MIB = 1024 * 1024
# What an attacker would send if nobody stopped them.
ENOUGH = 300 * MIB
# Memory for what is on its way of twenty bodies; one of them whole would be 300 MiB.
MOST_GROWN_MIB = 60
# As long a page may take meanwhile, on a machine that runs other tests too.
PAGE_WITHIN_S = 2.0


@contextlib.contextmanager
def line_to(room: Classroom) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", room.port), timeout=30) as line:
        yield line


def head(first: str, *headers: str) -> bytes:
    return "\r\n".join([first, "Host: 127.0.0.1", *headers, "", ""]).encode()


def status_of(line: socket.socket) -> bytes:
    """The status of the answer; empty if the server hangs up without one."""
    answer = b""
    try:
        while b"\r\n" not in answer and (more := line.recv(4_096)):
            answer += more
    except ConnectionError:
        pass
    return answer[9:12]


def flood(room: Classroom, *headers: str) -> tuple[bytes, int]:
    """Send without looking for an answer; its status, and how many bytes were taken."""
    block = b"x" * 65_536
    if "Transfer-Encoding: chunked" in headers:
        block = b"10000\r\n" + block + b"\r\n"
    sent = 0
    with line_to(room) as line:
        line.sendall(head("POST /login/ HTTP/1.1", *headers))
        try:
            while sent < ENOUGH:
                line.sendall(block)
                sent += len(block)
        except ConnectionError:
            pass
        return status_of(line), sent


@contextlib.contextmanager
def pages_timed(room: Classroom) -> Iterator[list[float]]:
    """How long each page takes that somebody else opens meanwhile."""
    took, over = list[float](), threading.Event()

    def open_pages() -> None:
        while not over.wait(0.05):
            began = time.monotonic()
            urllib.request.urlopen(f"{room.url}/login/", timeout=30).close()  # noqa: S310  # our own process
            took.append(time.monotonic() - began)

    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(open_pages)
        yield took
        over.set()
        opening.result(30)


@pytest.mark.parametrize("header", [f"Content-Length: {ENOUGH}", "Transfer-Encoding: chunked"])
def test_w3_bodies_that_are_too_large_cost_no_memory_and_slow_nobody(
    school: School, header: str
) -> None:
    room, many = school.room, 20
    memory = Memory(room.web)
    with pages_timed(room) as took, ThreadPoolExecutor(many) as pool:
        ended = list(pool.map(lambda _: flood(room, header), range(many)))
    assert memory.grown_mib < MOST_GROWN_MIB
    assert max(took) < PAGE_WITHIN_S
    # Who sends on without looking is cut off; who looks is told, below.
    assert max(sent for _, sent in ended) < 40 * MIB


@pytest.mark.parametrize("path", ["/login/", "/", "/nowhere", "/admin/courses/upload/add/"])
def test_w3_who_says_how_much_will_come_is_told_at_once(school: School, path: str) -> None:
    with line_to(school.room) as line:
        line.sendall(head(f"POST {path} HTTP/1.1", f"Content-Length: {ENOUGH}"))
        assert status_of(line) == b"413"


def test_w3_what_a_form_holds_is_served(school: School) -> None:
    with line_to(school.room) as line:
        line.sendall(head("POST /login/ HTTP/1.1", f"Content-Length: {MIB}") + b"x" * MIB)
        assert status_of(line) == b"403"  # it names no token, so Django has read it


def test_w3_headers_and_fields_have_a_bound(school: School) -> None:
    with line_to(school.room) as line:
        line.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n")
        assert status_of(line) in (b"400", b"")
    part = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n'
    body = part * 2_000 + b"--b--\r\n"
    with line_to(school.room) as line:
        kind = "Content-Type: multipart/form-data; boundary=b"
        length, token = f"Content-Length: {len(body)}", f"Cookie: csrftoken={'t' * 32}"
        line.sendall(head("POST /login/ HTTP/1.1", kind, length, token) + body)
        assert status_of(line) == b"400"


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: +5",),
        ("Content-Length: 0x5",),
        ("Content-Length: -5",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding : chunked",),
        ("Content-Length: 5\n Transfer-Encoding: chunked",),
    ],
)
def test_w3_a_request_of_two_lengths_is_none(school: School, headers: tuple[str, ...]) -> None:
    """A proxy before us might read it otherwise, and take what follows for another's request."""
    with line_to(school.room) as line:
        hidden = head("GET /healthz HTTP/1.1")
        line.sendall(head("POST /login/ HTTP/1.1", *headers) + b"0\r\n\r\n" + hidden)
        line.shutdown(socket.SHUT_WR)
        answers = b""
        try:
            while more := line.recv(65_536):
                answers += more
        except ConnectionError:
            pass
    assert b"HTTP/1.1 200" not in answers


# What comes of a request before it trickles on; of the first nothing comes any more.
BEGUN = {
    "silence": b"",
    "headers": b"GET /login/ HTTP/1.1\r\nX-Slow: ",
    "body": head("POST /login/ HTTP/1.1", "Content-Length: 100000"),
    "chunk": head("POST /login/ HTTP/1.1", "Transfer-Encoding: chunked") + b"ffff\r\n",
    "handshake": head(f"GET {EVERY_DAY} HTTP/1.1", "Upgrade: websocket")[:-2] + b"X-Slow: ",
}


def test_w9_a_request_that_trickles_in_is_cut_off(hurried: School) -> None:
    with contextlib.ExitStack() as lines:
        slow = [
            (name, lines.enter_context(line_to(hurried.room))) for name in BEGUN for _ in range(10)
        ]
        for name, line in slow:
            line.sendall(BEGUN[name])
        left = set(BEGUN)
        began = time.monotonic()

        def are_cut() -> bool:
            left.clear()
            left.update(name for name, line in slow if goes_on(line, trickle=name != "silence"))
            return not left

        with contextlib.suppress(AssertionError):
            wait_until(are_cut, GRACE_S + 5)
        assert left == set()
        assert time.monotonic() - began > GRACE_S / 2  # not because of what it sent


def goes_on(line: socket.socket, *, trickle: bool) -> bool:
    """True while the server reads; sends it one byte more, if it is to trickle."""
    line.settimeout(0)
    try:
        if trickle:
            line.sendall(b"x")
        return line.recv(4_096) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_w9_a_frame_that_trickles_in_is_cut_off(hurried: School) -> None:
    room, cookie = hurried.room, hurried.cookies.pop()
    with line_to(room) as line:
        line.sendall(
            head(
                f"GET {EVERY_DAY} HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                f"Cookie: {cookie}", f"Origin: {room.url}",
            ).replace(b"Host: 127.0.0.1", f"Host: 127.0.0.1:{room.port}".encode())
        )  # fmt: skip
        assert status_of(line) == b"101"
        # The beginning of a text of 100,000 bytes; a ping cannot be answered before its end.
        line.sendall(struct.pack("!BBQI", 0x81, 0x80 | 127, 100_000, 0))

        def is_cut() -> bool:
            line.settimeout(0)
            try:
                line.sendall(b"x")
                while line.recv(65_536):
                    pass
            except BlockingIOError:
                return False
            except OSError:
                return True
            return True

        # It is asked after a second, and has a second; daphne looks every two.
        wait_until(is_cut, 10, "a frame may trickle in for ever")


def test_w9_of_sixty_sockets_that_a_student_opens_at_once_ten_are_served(school: School) -> None:
    told = asyncio.run(opened_at_once(school, school.cookies.pop(), 60))
    assert sorted(told, key=str) == sorted(
        [frames.Close.TOO_MANY] * (60 - MAX_PAGES) + [None] * MAX_PAGES, key=str
    )


async def opened_at_once(school: School, cookie: str, number: int) -> list[int | None]:
    """For each socket the code with which it was closed; None if it was served."""
    url = f"ws://127.0.0.1:{school.room.port}{EVERY_DAY}"
    all_told = asyncio.Barrier(number)

    async def open_page() -> int | None:
        headers = {"Cookie": cookie, "Origin": school.room.url}
        async with connect(url, additional_headers=headers, open_timeout=60) as page:
            code = None
            try:
                while b'"hello"' not in str(await page.recv()).encode():
                    pass
            except ConnectionClosed as end:
                code = end.rcvd.code if end.rcvd else 0
            await all_told.wait()
            return code

    return await asyncio.gather(*(open_page() for _ in range(number)))
