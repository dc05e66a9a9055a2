"""Server-sent events, wherever the stream is cut."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.upstream.sansio.sse import EventDecoder


def data_of(*chunks: bytes) -> list[bytes]:
    events = EventDecoder()
    told = [data for chunk in chunks for data in events.feed(chunk)]
    return [*told, *events.end()]


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\n\ndata:  b\n\n", [b"a", b" b"]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\r\n", [b"a", b"b", b"c"]),
        (b"data: {\ndata: }\n\n", [b"{\n}"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b": data: no\n\nevent: x\nid: 1\nretry: 5\ndata: a\nother\n\n", [b"a"]),
        (b"event: x\n\n\n\n", []),
        (b"data\n\n", [b""]),
        # Servers that forget the empty line behind the last event.
        (b"data: a\n\ndata: b", [b"a", b"b"]),
        (b"data: a\n\ndata: b\r", [b"a", b"b"]),
        ("data: \u2028 \u2029 \x85 \x0b \x0c \x1c\n\n".encode(),
         ["\u2028 \u2029 \x85 \x0b \x0c \x1c".encode()]),
    ],
)  # fmt: skip
def test_a_stream_is_the_same_however_it_is_cut(stream: bytes, data: list[bytes]) -> None:
    assert data_of(stream) == data
    assert data_of(*(bytes([byte]) for byte in stream)) == data
    for cut in range(len(stream)):
        assert data_of(stream[:cut], b"", stream[cut:]) == data


@given(st.lists(st.text()), st.sampled_from(["\n", "\r", "\r\n"]), st.integers(1, 7))
def test_any_json_comes_through_in_any_chunks(texts: list[str], end: str, size: int) -> None:
    told = [json.dumps(text, ensure_ascii=False) for text in texts]
    stream = "".join(f"data: {text}{end}{end}" for text in told).encode(errors="replace")
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert data_of(*chunks) == [text.encode(errors="replace") for text in told]
