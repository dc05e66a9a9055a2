"""Programs to run, and a folder for what bin/ writes."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bin.machine import processes, stamps, steps


@pytest.fixture(autouse=True)
def own_var(tmp_path, monkeypatch):
    """Stamps, locks and logs of these tests go to a folder of their own."""
    monkeypatch.setattr(steps, "VAR", tmp_path / "var")
    monkeypatch.setattr(steps, "LOGS", tmp_path / "var" / "log")
    monkeypatch.setattr(stamps, "VAR", tmp_path / "var")
    monkeypatch.setattr(processes, "LOGS", tmp_path / "var" / "log")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def ran(
    argv: Sequence[str | Path], env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
