"""The children of bin/serve."""

import os
import subprocess
from pathlib import Path

import pytest

from bin.machine import processes
from bin.machine.steps import ROOT, StepFailed
from tests.bin.conftest import python
from tests.polling import wait_until


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def started(code: str) -> processes.Child:
    """A child that has said «ready»."""
    child = processes.start("trial", python(code), os.environ | {"PYTHONUNBUFFERED": "1"})
    processes.wait_until(lambda: "ready" in child.log.read_text(), child, 20)
    return child


def test_children_end_in_order_and_in_peace(tmp_path):
    code = (
        "import signal, sys, time, pathlib\n"
        "def end(*_):\n"
        f"    open({str(tmp_path / 'ends')!r}, 'a').write(sys.argv[0] and '{{name}} ')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready')\n"
        "time.sleep(60)\n"
    )
    children = [started(code.replace("{name}", name)) for name in ("web", "emulator")]
    processes.end(children, lambda: False)
    assert (tmp_path / "ends").read_text() == "web emulator "


def test_a_child_that_will_not_end_is_killed_with_all_it_started(monkeypatch, tmp_path):
    note = tmp_path / "pid"
    child = started(
        "import signal, subprocess, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "grandchild = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(note)!r}, 'w').write(str(grandchild.pid))\n"
        "print('ready')\n"
        "time.sleep(60)\n"
    )
    processes.end([child], lambda: True)
    assert child.has_ended()
    wait_until(lambda: not alive(int(note.read_text())), 10)


def test_a_child_that_ends_by_itself_is_named_with_its_last_words():
    child = processes.start(
        "web", python("print('no such table'); raise SystemExit(4)"), os.environ
    )
    with pytest.raises(StepFailed, match=r"The web ended with code 4(.|\n)*\| no such table"):
        processes.wait_until(lambda: False, child, 20)


def test_children_die_with_a_parent_that_is_killed(tmp_path):
    note = tmp_path / "pid"
    code = (
        f"import sys, os, time; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\n"
        "from bin.machine import processes\n"
        f"processes.LOGS = Path({str(tmp_path)!r})\n"
        "child = processes.start('trial', ['sleep', '60'], os.environ)\n"
        f"Path({str(note)!r}).write_text(str(child.process.pid))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(python(code), stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
    wait_until(lambda: not alive(int(note.read_text())), 10)
