"""A page of another site opens no socket with a student's cookie, under both servers.

Handshakes are written by hand: what a browser would never send is tried too.
"""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bin.machine.serving import free_port
from tests.failures.school import School
from tests.running import stop
from tutor.protocol import frames

pytestmark = pytest.mark.failures

PATH = f"/ws/lessons/first-steps/every-day-counts?protocol={frames.PROTOCOL}"
Headers = list[tuple[str, str]]


def handshake(port: int, *headers: tuple[str, str], path: str = PATH) -> int:
    """The status that the server answers to a handshake with these headers and no others."""
    lines = [
        f"GET {path} HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *(f"{name}: {value}" for name, value in headers), "", "",
    ]  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall("\r\n".join(lines).encode("utf-8"))
        answer = b""
        while b"\r\n" not in answer and (more := line.recv(4_096)):
            answer += more
    found = re.match(rb"HTTP/1.1 (\d+)", answer)
    assert found, answer
    return int(found[1])


def opens(port: int, cookie: str, origin: str, host: str = "", **more: str) -> bool:
    """Whether a page with this origin gets a socket; {port} stands for the site's own."""
    headers = [("Cookie", cookie), ("Host", host or f"127.0.0.1:{port}")]
    headers += [(name.replace("_", "-"), value) for name, value in more.items()]
    status = handshake(port, *headers, ("Origin", origin.format(port=port)))
    assert status in (101, 403), status
    return status == 101


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:{port}", "127.0.0.1:{port}"),
        ("http://localhost:{port}", "localhost:{port}"),
        ("http://[::1]:{port}", "[::1]:{port}"),
        ("http://LOCALHOST:{port}", "localhost:{port}"),
        ("http://localhost:{port}", "LocalHost:{port}"),
        ("http://localhost.:{port}", "localhost.:{port}"),
        # A proxy on port 80 passes the name without or with its port.
        ("http://localhost", "localhost"),
        ("http://localhost", "localhost:80"),
    ],
)
def test_the_site_s_own_page_opens_its_socket(school: School, origin: str, host: str) -> None:
    port = school.room.port
    assert opens(port, school.cookies[-1], origin, host.format(port=port))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:9", "127.0.0.1:{port}"),
        ("http://127.0.0.1", "127.0.0.1:{port}"),
        ("https://127.0.0.1:{port}", "127.0.0.1:{port}"),
        # Both are names of the site, and still two sites to a browser.
        ("http://localhost:{port}", "127.0.0.1:{port}"),
        ("http://localhost.:{port}", "localhost:{port}"),
        ("https://evil.example", "127.0.0.1:{port}"),
        ("http://127.0.0.1.evil.example:{port}", "127.0.0.1:{port}"),
        # A foreign name that leads to this machine: its page and its host agree.
        ("http://evil.example:{port}", "evil.example:{port}"),
        ("http://localhost", "localhost:443"),
        ("http://localhost:80", "localhost:{port}"),
    ],
)
def test_another_site_s_page_opens_none(school: School, origin: str, host: str) -> None:
    port = school.room.port
    assert not opens(port, school.cookies[-1], origin, host.format(port=port))


@pytest.mark.parametrize(
    "origin",
    [
        "null", "", "*", "127.0.0.1:{port}", "http://ada@127.0.0.1:{port}",
        "http://127.0.0.1:{port}@evil.example", "http://127.0.0.1:{port}/", "ws://127.0.0.1:{port}",
        "http://127.0.0.1:{port}, http://evil.example", "http://evil.example http://127.0.0.1:{port}",
        "http://schüle.example", "http://[::1", "http://127.0.0.1:99999", "file://",
    ],
)  # fmt: skip
def test_what_is_no_origin_opens_none(school: School, origin: str) -> None:
    port = school.room.port
    own = ("Host", f"127.0.0.1:{port}"), ("Cookie", school.cookies[-1])
    # Before we are asked daphne refuses some of these as no proper handshake.
    assert handshake(port, *own, ("Origin", origin.format(port=port))) in (400, 403)


@pytest.mark.parametrize("more", [[], ["http://127.0.0.1:{port}", "http://127.0.0.1:{port}"],
                                  ["http://127.0.0.1:{port}", "http://evil.example"]])  # fmt: skip
def test_none_and_several_origins_are_no_origin(school: School, more: list[str]) -> None:
    port = school.room.port
    headers: Headers = [("Host", f"127.0.0.1:{port}"), ("Cookie", school.cookies[-1])]
    headers += [("Origin", origin.format(port=port)) for origin in more]
    assert handshake(port, *headers) in (400, 403)


@pytest.mark.parametrize("hosts", [[], ["127.0.0.1:{port}", "evil.example"], ["127.0.0.1:{port}/"],
                                   ["ada@127.0.0.1:{port}"]])  # fmt: skip
def test_who_names_no_host_or_several_opens_none(school: School, hosts: list[str]) -> None:
    port = school.room.port
    headers: Headers = [("Host", host.format(port=port)) for host in hosts]
    headers += [("Cookie", school.cookies[-1]), ("Origin", f"http://127.0.0.1:{port}")]
    assert handshake(port, *headers) in (400, 403)


def test_what_a_proxy_may_say_counts_only_where_the_settings_say_so(school: School) -> None:
    port, cookie = school.room.port, school.cookies[-1]
    for more in ({"X_Forwarded_Proto": "https"}, {"X_Forwarded_Host": "evil.example"}):
        assert opens(port, cookie, "http://127.0.0.1:{port}", **more)
    assert not opens(port, cookie, "https://127.0.0.1:{port}", X_Forwarded_Proto="https")
    assert not opens(port, cookie, "http://evil.example", X_Forwarded_Host="evil.example")


def test_a_refusal_is_logged_with_names_and_nothing_else(school: School) -> None:
    port, cookie = school.room.port, school.cookies[-1]
    site = f"http://127.0.0.1:{port}"
    assert not opens(port, cookie, "http://curious.example:81")
    [entry] = school.log("socket.refused", origin="http://curious.example:81")
    assert entry["site"] == site
    assert entry.keys() == {"event", "level", "timestamp", "origin", "site"}
    handshake(port, ("Host", site[7:]), ("Cookie", cookie), ("Origin", "http://secret words"))
    assert "secret words" not in school.room.logged()


def test_no_address_but_a_lesson_s_has_a_socket(school: School) -> None:
    port = school.room.port
    own = ("Host", f"127.0.0.1:{port}"), ("Origin", f"http://127.0.0.1:{port}")
    assert handshake(port, *own, path="/ws/nowhere") == 403


# Behind a proxy that speaks TLS


@pytest.fixture(scope="module")
def behind_tls(school: School) -> Iterator[School]:
    """A web process as it stands behind a proxy, on the same rows."""
    env = {
        **school.room.env,
        "HTTPS": "true",
        "ALLOWED_HOSTS": "tutor.example,127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": "https://*.trusted.example,https://portal.example:8443",
    }
    room = replace(school.room, port=free_port(), env=env)
    room.start_web()
    yield School(room, school.cookies)
    stop(room.web)


@pytest.mark.parametrize(
    ("origin", "proxied"),
    [
        ("https://tutor.example", "https"),
        ("https://tutor.example:443", "https"),
        # Some say so of a socket.
        ("https://tutor.example", "wss"),
        # Not by the site's own name, but trusted.
        ("https://a.trusted.example", "https"),
        ("https://a.b.trusted.example", "https"),
        ("https://portal.example:8443", "https"),
    ],
)
def test_behind_tls_the_site_is_the_one_with_https(
    behind_tls: School, origin: str, proxied: str
) -> None:
    port, cookie = behind_tls.room.port, behind_tls.cookies[-1]
    for host in ("tutor.example", "tutor.example:443"):
        assert opens(port, cookie, origin, host, X_Forwarded_Proto=proxied)


def test_behind_tls_a_proxy_that_does_not_name_the_scheme_does_no_harm(behind_tls: School) -> None:
    port, cookie = behind_tls.room.port, behind_tls.cookies[-1]
    assert opens(port, cookie, "https://tutor.example", "tutor.example")
    assert not opens(port, cookie, "http://tutor.example", "tutor.example")


@pytest.mark.parametrize(
    "origin",
    [
        "http://tutor.example", "https://tutor.example:8443", "https://tutor.example:80",
        "https://trusted.example.evil.example", "https://eviltrusted.example",
        "http://a.trusted.example", "https://a.trusted.example:8443", "https://portal.example",
        "http://portal.example:8443", "https://127.0.0.1",
    ],
)  # fmt: skip
def test_behind_tls_other_origins_open_none(behind_tls: School, origin: str) -> None:
    port, cookie = behind_tls.room.port, behind_tls.cookies[-1]
    for proxied in ("https", "http"):
        assert not opens(port, cookie, origin, "tutor.example", X_Forwarded_Proto=proxied)


def test_a_trusted_page_needs_the_site_s_name_all_the_same(behind_tls: School) -> None:
    port, cookie = behind_tls.room.port, behind_tls.cookies[-1]
    assert not opens(port, cookie, "https://a.trusted.example", "evil.example")
