"""The wire, and what the supervisor refuses outside of a container."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.image import build
from sandbox.inside.wire import (
    END,
    HEADER,
    MAX_FRAME_BYTES,
    READY,
    STDOUT,
    Frames,
    WireError,
    encode,
)

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
    with pytest.raises(WireError):
        list(Frames(STDOUT).feed(header))


def test_the_supervisor_refuses_to_run_outside_of_a_container(tmp_path: Path) -> None:
    # Anywhere else, killing everything would mean everything on the machine.
    shutil.copy(build.HERE / "__main__.py", tmp_path)
    shutil.copytree(build.INSIDE, tmp_path / "inside")
    run = subprocess.run(
        [sys.executable, "-I", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr == "The supervisor only runs as the first process of a container.\n"
