"""The virtual environment and its lock files."""

import sys
from pathlib import Path

import pytest

from bin.machine import environment, steps
from bin.machine.steps import ROOT


def test_a_lock_file_is_read_without_its_hashes():
    text = "a==1 \\\n    --hash=sha256:0\n# b==2\nc==3 ; python_version < '3.12' \\\n    --hash=x\n"
    assert environment.locked(text) == {"a": "a==1", "c": "c==3 ; python_version < '3.12'"}


def test_the_development_lock_holds_all_of_the_base_lock():
    base, dev = (
        environment.locked((ROOT / "requirements" / name).read_text())
        for name in ("base.txt", "dev.txt")
    )
    assert len(base) > 10
    assert base.items() <= dev.items(), "bin/serve after bin/test would install packages again"


def test_an_environment_with_another_version_is_not_up_to_date():
    installed = environment.Installed("3.11", "/x", {"a": "a==1", "b": "b==1"})
    assert installed.has({"a": "a==1"})
    assert not installed.has({"a": "a==2"})
    assert not installed.has({"c": "c==1"})


def test_an_environment_behind_a_link_is_left_alone(monkeypatch, tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "kept").touch()
    (tmp_path / "ours").symlink_to(tmp_path / "theirs")
    monkeypatch.setattr(environment, "VENV", tmp_path / "ours")
    with pytest.raises(steps.StepFailed, match="is a link"):
        environment._create_if_broken(None)
    assert (tmp_path / "theirs" / "kept").exists()


def test_a_moved_environment_does_not_count_as_working(monkeypatch):
    monkeypatch.setattr(environment, "VENV", Path(sys.prefix))
    monkeypatch.setattr(environment, "PYTHON", Path(sys.executable))
    here = environment.Installed(environment._version(), sys.prefix, {})
    assert environment._works(here)
    assert not environment._works(environment.Installed(here.python, "/elsewhere/.venv", {}))
    assert not environment._works(environment.Installed("3.9", sys.prefix, {}))
