"""A page of another site in a student's own browser. SameSite does not part ports of one host."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.running import Classroom
from tutor.protocol import frames

pytestmark = pytest.mark.browser

# Whether a socket to this address opens, and the first word that comes over it.
OPEN = """
address => new Promise(resolve => {
  const socket = new WebSocket(address);
  socket.onmessage = event => resolve(JSON.parse(event.data).type);
  socket.onerror = () => resolve("refused");
})
"""


class Foreign(http.server.BaseHTTPRequestHandler):
    """Somebody else's page, and what cookies came with the request for it."""

    def do_GET(self) -> None:
        self.server.cookies.append(self.headers.get("Cookie", ""))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A game</title>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
        """Nothing."""


@pytest.fixture
def elsewhere() -> Iterator[http.server.HTTPServer]:
    """A server on another port of the same host."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Foreign) as server:
        server.cookies = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_only_the_site_s_own_page_opens_a_socket_with_the_student_s_cookie(
    room: Classroom, page: Page, elsewhere: http.server.HTTPServer
) -> None:
    path = f"/ws/lessons/first-steps/every-day-counts?protocol={frames.PROTOCOL}"
    socket = f"ws://127.0.0.1:{room.port}{path}"
    page.goto(room.url)
    page.get_by_label("Username").fill("grace")
    page.get_by_label("Password").fill("grace")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Your lessons").wait_for()
    assert page.evaluate(OPEN, socket) == "hello"
    for host in ("127.0.0.1", "localhost"):
        page.goto(f"http://{host}:{elsewhere.server_port}/")
        assert page.evaluate(OPEN, socket) == "refused"
    # The cookie would have come along: the browser gives it to every port of the host.
    assert "sessionid=" in elsewhere.cookies[0]  # type: ignore[attr-defined]
    page.goto(room.url)
    assert page.evaluate(OPEN, socket) == "hello"
