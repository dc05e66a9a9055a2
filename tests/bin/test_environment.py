"""The virtual environment and its lock files."""

import re
import sys
from pathlib import Path

import pytest

from bin.machine import environment, stamps, steps
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


def test_an_environment_beside_ours_is_made_once_and_again_when_its_lock_changes(
    monkeypatch, tmp_path
):
    ran = []

    def run(command, _log):
        ran.append([str(word) for word in command])
        if "venv" in ran[-1]:
            python = Path(ran[-1][-1]) / "bin" / "python"
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()

    monkeypatch.setattr(steps, "run", run)
    for module in (environment, stamps):
        monkeypatch.setattr(module, "VAR", tmp_path / "var")
        monkeypatch.setattr(module, "ROOT", tmp_path)
    lock = tmp_path / "requirements" / "peer.txt"
    lock.parent.mkdir()
    lock.write_text("a==1\n")
    assert environment.provide_beside("peer") == "installed"
    assert "--require-hashes" in ran[-1]
    assert environment.provide_beside("peer") == "as they were"
    lock.write_text("a==2\n")
    assert environment.provide_beside("peer") == "installed"
    assert len(ran) == 4


@pytest.mark.parametrize("name", ["real-model.txt", "gateway.txt"])
def test_a_peers_lock_file_has_a_hash_for_every_package(name):
    text = (ROOT / "requirements" / name).read_text()
    _, *packages = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)
    assert packages
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in text
