"""What the kernel counts, as version 1 and version 2 of its control groups tell it."""

from pathlib import Path

import pytest

from sandbox.inside import cgroup

EVENTS = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"
CONTROL = "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"


@pytest.mark.parametrize(
    ("peak", "kills"),
    [("1048576\n", EVENTS), ("1048576\n", CONTROL)],
    ids=["version 2", "version 1"],
)
def test_peak_and_kills_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peak: str, kills: str
) -> None:
    (tmp_path / "peak").write_text(peak)
    (tmp_path / "kills").write_text(kills)
    # The first of the two does not exist, as on a host with the other version.
    monkeypatch.setattr(cgroup, "PEAKS", (str(tmp_path / "no"), str(tmp_path / "peak")))
    monkeypatch.setattr(cgroup, "KILLS", (str(tmp_path / "no"), str(tmp_path / "kills")))
    assert (cgroup.peak_memory(), cgroup.oom_kills()) == (1_048_576, 2)


@pytest.mark.parametrize("text", ["", "max\n", "oom_kill\n", "nonsense without end"])
def test_what_cannot_be_read_counts_as_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "file").write_text(text)
    monkeypatch.setattr(cgroup, "PEAKS", (str(tmp_path / "file"),))
    monkeypatch.setattr(cgroup, "KILLS", (str(tmp_path / "file"), str(tmp_path / "no")))
    assert (cgroup.peak_memory(), cgroup.oom_kills()) == (0, 0)


def test_the_paths_are_those_of_both_versions() -> None:
    assert "/sys/fs/cgroup/memory.peak" in cgroup.PEAKS
    assert "/sys/fs/cgroup/memory.events" in cgroup.KILLS
    assert "/sys/fs/cgroup/memory/memory.max_usage_in_bytes" in cgroup.PEAKS
    assert "/sys/fs/cgroup/memory/memory.oom_control" in cgroup.KILLS
