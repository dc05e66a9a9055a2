"""An origin as browsers write it; tests/failures/test_origin.py has real sockets."""

import pytest

from tutor.web.origin import canonical


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://tutor.school.example", "https://tutor.school.example"),
        ("http://localhost:80", "http://localhost"),
        ("https://localhost:443", "https://localhost"),
        ("http://localhost:443", "http://localhost:443"),
        ("https://localhost:80", "https://localhost:80"),
        ("HTTPS://Tutor.School.Example", "https://tutor.school.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://127.0.0.1:65535", "http://127.0.0.1:65535"),
        # Another name to a browser, with cookies of its own.
        ("http://localhost.:8000", "http://localhost.:8000"),
        ("https://xn--schle-lva.example", "https://xn--schle-lva.example"),
    ],
)
def test_what_a_browser_may_send_is_read(text: str, origin: str) -> None:
    assert canonical(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "localhost:8000", "//localhost:8000", "http://", "http://:8000", "*",
        "ws://localhost:8000", "ftp://localhost", "file://", "chrome-extension://localhost",
        "http://localhost:8000/", "http://localhost:8000/x", "http://localhost:8000?x",
        "http://localhost:8000#x", "http://ada@localhost:8000", "http://localhost:8000@evil.example",
        "http://evil.example\\@localhost:8000", "http://localhost:", "http://localhost:x",
        "http://localhost:-1", "http://localhost:65536", "http://localhost:999999999999",
        "http://localhost:٨٠٠٠", "http://localhost:8000 ", " http://localhost:8000",
        "http://localhost:8000\n", "http://local host:8000", "http://localhost:8000,http://x",
        "http://localhost:8000 http://localhost:8000", "http://localhost:8000, http://localhost:8000",
        "http://schüle.example", "http://\u212aocalhost", "http://[::1", "http://::1", "http://[::1]x",
        "http://[fe80::1%25eth0]", "http://%6cocalhost", "http://" + "a" * 1_000,
    ],
)  # fmt: skip
def test_what_no_browser_sends_is_no_origin(text: str) -> None:
    assert canonical(text) is None
