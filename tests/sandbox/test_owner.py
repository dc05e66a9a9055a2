"""Whether an owner lives, as far as it can be known. Real processes, no container."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import owner
from sandbox.owner import OWNER, is_alive, is_dead, name_of
from sandbox.spec import OWNER as LABEL


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """Another process, which ends when it is told to."""
    process = subprocess.Popen([sys.executable, "-ISc", "input()"], stdin=subprocess.PIPE)
    with process:
        yield process
        process.kill()


def with_part(number: int, text: str) -> str:
    """This process's name with another part: 1 the process, 2 its start, 3 its table and more."""
    parts = OWNER.rsplit("-", 3)
    parts[number] = text
    return "-".join(parts)


def test_a_name_fits_a_label_and_this_process_lives() -> None:
    assert LABEL.fullmatch(OWNER)
    assert (is_alive(OWNER), is_dead(OWNER)) == (True, False)


def test_a_process_has_died_also_before_anybody_asks_for_its_end(
    other: subprocess.Popen[bytes],
) -> None:
    name = name_of(other.pid)
    assert is_alive(name) is True
    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on
    assert is_alive(name) is False
    other.wait()
    assert is_alive(name) is False


def test_a_number_that_is_used_again_is_another_process() -> None:
    assert is_alive(with_part(2, "1")) is False


@pytest.mark.parametrize(
    "name",
    [
        "", "elsewhere", "a-b-c-d", "host-1-2-abc",
        with_part(2, owner.UNKNOWN),
        with_part(3, f"{'0' * 12}.4026531836.abc"),
        with_part(3, f"{owner.process_table().partition('.')[0]}.1.abc"),
        with_part(3, f"{owner.UNKNOWN}.abc"),
    ],
    ids=[
        "none", "no process", "no number", "an earlier release", "no start", "another boot",
        "another namespace", "a system without /proc",
    ],
)  # fmt: skip
def test_of_what_cannot_be_seen_nothing_is_said(name: str) -> None:
    assert is_alive(name) is None


def test_without_proc_nothing_is_said_of_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "PROC", tmp_path)
    assert is_alive(OWNER) is None
    assert name_of(os.getpid()).rsplit("-", 3)[2] == owner.UNKNOWN
    assert is_alive(name_of(os.getpid())) is None


def proc_in(folder: Path, pid: int) -> Path:
    """A /proc with this machine's table, in which this process has number `pid` and no other is
    shown."""
    (folder / "self").symlink_to(str(pid))
    (folder / f"{pid}/ns").mkdir(parents=True)
    (folder / f"{pid}/ns/pid").symlink_to("/proc/self/ns/pid")
    (folder / "sys").symlink_to("/proc/sys")
    return folder


def test_a_process_that_is_hidden_may_live_and_one_that_is_gone_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: subprocess.Popen[bytes]
) -> None:
    name = name_of(other.pid)
    monkeypatch.setattr(owner, "PROC", proc_in(tmp_path, os.getpid()))
    assert is_alive(name) is None
    other.kill()
    other.wait()
    assert is_alive(name) is False


def test_a_proc_of_another_table_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "PROC", proc_in(tmp_path, os.getpid() + 1))
    assert owner.process_table() == owner.UNKNOWN
    assert is_alive(OWNER) is None
