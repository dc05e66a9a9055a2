"""The wire, and what the supervisor refuses outside of a container."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import supervisor
from sandbox.supervisor import END, HEADER, MAX_FRAME_BYTES, READY, STDOUT, Frames, encode

frames = st.lists(st.tuples(st.sampled_from([READY, STDOUT, END]), st.binary(max_size=50)))


@given(frames, st.integers(1, 20))
def test_frames_arrive_whole_however_they_are_cut(sent: list[tuple[int, bytes]], size: int) -> None:
    wire = b"".join(encode(kind, payload) for kind, payload in sent)
    decoder = Frames(READY, STDOUT, END)
    chunks = [wire[i : i + size] for i in range(0, len(wire), size)]
    assert [frame for chunk in chunks for frame in decoder.feed(chunk)] == sent


@pytest.mark.parametrize(
    "header", [HEADER.pack(0, 99), HEADER.pack(MAX_FRAME_BYTES + 1, STDOUT), b"Traceback (most"]
)
def test_a_frame_that_is_not_allowed_is_an_error_before_it_is_read(header: bytes) -> None:
    with pytest.raises(supervisor.WireError):
        list(Frames(STDOUT).feed(header))


def test_the_supervisor_refuses_to_run_outside_of_a_container() -> None:
    # Anywhere else, killing everything would mean everything on the machine.
    run = subprocess.run(
        [sys.executable, "-I", supervisor.__file__], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr == "The supervisor only runs as the first process of a container.\n"
