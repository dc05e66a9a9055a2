"""Programs that the machine lacks."""

import os

import pytest

from bin.machine import debian, steps
from bin.machine.steps import StepFailed

NOT_ROOT = 1000


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("ID=debian\n", True),
        ("ID=ubuntu\nID_LIKE=debian\n", True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ('ID=fedora\nID_LIKE="rhel"\n', False),
        ("", False),
    ],
)
def test_debian_and_its_descendants_are_known(tmp_path, text, answer):
    os_release = tmp_path / "os-release"
    os_release.write_text(text)
    assert debian.is_debian(os_release) is answer
    assert not debian.is_debian(tmp_path / "none")


def test_who_is_not_root_is_told_the_command(monkeypatch):
    monkeypatch.setattr(debian, "is_debian", lambda: True)
    monkeypatch.setattr(os, "geteuid", lambda: NOT_ROOT)
    with pytest.raises(StepFailed, match=r"sudo apt-get install .* docker\.io"):
        debian.install("docker.io")


def test_another_system_is_told_what_is_missing(monkeypatch):
    monkeypatch.setattr(debian, "is_debian", lambda: False)
    with pytest.raises(StepFailed, match="what Debian calls chromium"):
        debian.provide({"no-such-browser": "chromium", "sh": "dash"})


def test_stale_package_lists_are_fetched_anew_once(monkeypatch):
    monkeypatch.setattr(debian, "is_debian", lambda: True)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    calls = []

    def run(argv, _log, **_):
        calls.append("update" if "update" in argv else "install")
        if calls == ["install"]:
            raise StepFailed("Unable to locate package")

    monkeypatch.setattr(steps, "run", run)
    debian.install("redis-server")
    assert calls == ["install", "update", "install"]
