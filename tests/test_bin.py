"""The two commands: their pure parts, and what they say when something is in the way."""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bin.machine import (
    debian,
    engine,
    environment,
    page,
    processes,
    serving,
    stamps,
    steps,
    testing,
)
from bin.machine.steps import ROOT, StepFailed

NOT_ROOT = 1000
# Keeps docker-compose from reading a developer's .env: a file without a setting.
EMPTY = ROOT / "tests" / "__init__.py"
SECRETS = {"SECRET_KEY": "s", "POSTGRES_PASSWORD": "p", "DOCKER_GID": "999"}


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
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


# The commands as a person calls them


@pytest.mark.parametrize("command", ["serve", "test"])
def test_help_explains_the_command_without_setting_anything_up(command):
    said = ran([ROOT / "bin" / command, "--help"])
    assert said.returncode == 0
    assert f"usage: bin/{command}" in said.stdout
    assert "Docker engine" in said.stdout


@pytest.mark.parametrize("command", ["serve", "test"])
def test_an_old_python_gets_a_message_and_no_syntax_error(command):
    source = (ROOT / "bin" / command).read_text()
    old = f"import sys; sys.version_info = (3, 9, 2); exec({source!r})"
    said = ran(python(old))
    assert said.returncode == 1
    assert said.stderr == f"bin/{command} needs Python 3.11 or newer; this is Python 3.9.\n"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "", "8000.0", "٣"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a port"):
        serving.port_number(port)


def test_a_taken_port_is_named_before_anything_is_set_up():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(StepFailed, match=r"Port \d+ is taken by another program"):
            serving.check_port(other.getsockname()[1])


def test_a_free_port_passes():
    serving.check_port(serving.free_port())


def test_a_second_serve_is_told_where_the_first_one_is():
    with steps.only_one("serve") as lock:
        lock.write_text("process 12, http://localhost:8000/")
        with (
            pytest.raises(
                StepFailed, match="already runs here: process 12, http://localhost:8000/"
            ),
            steps.only_one("serve", otherwise="already runs here:"),
        ):
            pass
    with steps.only_one("serve", otherwise="free again"):
        pass


# Steps


def test_a_step_says_in_one_line_how_it_went(capsys):
    with steps.step("Web page") as outcome:
        outcome.text = "built"
    assert capsys.readouterr().out == "Web page ............. built\n"


def test_a_failing_program_shows_the_end_of_its_log():
    with pytest.raises(StepFailed, match="exit code 3") as failure:
        steps.run(python("print('the last word'); raise SystemExit(3)"), "trial")
    assert "  | the last word" in str(failure.value)


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(StepFailed, match="no-such-program cannot be started: No such file"):
        steps.run(["no-such-program"], "trial")


def test_what_a_program_prints_comes_back_and_is_logged():
    assert steps.run(python("print('hello')"), "trial") == "hello\n"
    assert "hello" in (steps.LOGS / "trial.log").read_text()


# Stamps


def test_a_fingerprint_changes_with_content_name_and_words(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("1")
    second.write_text("1")
    prints = {
        stamps.fingerprint([first]),
        stamps.fingerprint([second]),
        stamps.fingerprint([first, second]),
        stamps.fingerprint([first], "word"),
    }
    first.write_text("2")
    assert len(prints | {stamps.fingerprint([first])}) == 5


def test_files_leave_out_what_was_made(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "page.ts").touch()
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.js").touch()
    found = stamps.files(tmp_path, without=page.MADE)
    assert [path.name for path in found] == ["page.ts"]


def test_an_interrupted_step_counts_as_not_done():
    stamps.done("page", "abc")
    assert stamps.is_done("page", "abc")
    assert not stamps.is_done("page", "other")
    stamps.begin("page")
    assert not stamps.is_done("page", "abc")


# Python packages


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


# Node


@pytest.mark.parametrize(
    ("version", "answer"),
    [
        ("v20.19.0", True),
        ("v20.18.3", False),
        ("v18.20.4", False),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0\n", True),
        ("v24.19.0", True),
        ("v25.0.0-nightly2026", True),
        ("", False),
        ("node: not found", False),
    ],
)
def test_node_is_used_where_vite_runs_on_it(version, answer):
    assert page.suits(version) is answer


# What the machine lacks


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


# The engine


def test_an_engine_named_by_docker_host_is_never_replaced(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{serving.free_port()}")
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    with pytest.raises(StepFailed, match=r"DOCKER_HOST is tcp://.* no Docker engine answers there"):
        engine.provide()


def no_engine(monkeypatch, tmp_path, *, installed: bool, is_debian: bool, user: int) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine, "SOCKET", str(tmp_path / "docker.sock"))
    monkeypatch.setattr(engine, "which", lambda _: "/usr/sbin/dockerd" if installed else None)
    monkeypatch.setattr(debian, "is_debian", lambda: is_debian)
    monkeypatch.setattr(os, "geteuid", lambda: user)


@pytest.mark.parametrize(
    ("installed", "is_debian", "message"),
    [
        (False, False, "Install Docker .* start it until `docker version` shows a server"),
        (False, True, "sudo apt-get install --no-install-recommends docker.io"),
        (True, True, "sudo systemctl start docker"),
    ],
)
def test_without_engine_a_person_is_told_what_to_do(
    monkeypatch, tmp_path, installed, is_debian, message
):
    no_engine(monkeypatch, tmp_path, installed=installed, is_debian=is_debian, user=NOT_ROOT)
    with pytest.raises(StepFailed, match=message):
        engine.provide()


def test_a_dying_engine_is_tried_without_network_and_then_quoted(monkeypatch, tmp_path):
    no_engine(monkeypatch, tmp_path, installed=True, is_debian=True, user=0)
    dockerd = tmp_path / "dockerd"
    dockerd.write_text('#!/bin/sh\necho "$@" >> "$0.calls"\necho "no nf_tables here"; exit 1\n')
    dockerd.chmod(0o755)
    monkeypatch.setattr(engine, "which", lambda _: str(dockerd))
    monkeypatch.setattr(engine, "LOGS", steps.LOGS)
    with pytest.raises(StepFailed, match=r"does not start on this machine(.|\n)*no nf_tables here"):
        engine._spawn_or_explain()
    calls = Path(f"{dockerd}.calls").read_text().splitlines()
    assert calls == ["", "--iptables=false --ip6tables=false --bridge=none"]


def test_an_engine_closed_to_this_user_is_told_from_none(monkeypatch):
    def refused():
        raise PermissionError

    monkeypatch.setattr(engine, "answers", refused)
    with pytest.raises(StepFailed, match="usermod -aG docker"):
        engine.provide()


# Children


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def soon(condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true within 10 s."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


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
    assert soon(lambda: not alive(int(note.read_text())))


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
    assert soon(lambda: not alive(int(note.read_text())))


def test_the_first_signal_interrupts_and_the_second_only_hurries(monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    interruption = serving.Interruption()
    with pytest.raises(KeyboardInterrupt):
        interruption._received(2, None)
    assert not interruption.hurry
    interruption._received(2, None)
    assert interruption.hurry


# The checks


def verdict(output: str, *, ok: bool = True, name: str = "unit tests") -> testing.Verdict:
    argv = ["python", "-m", "pytest"] if name.endswith("tests") else ["ruff"]
    return testing.Verdict(testing.Check(name, argv), ok, 1.5, output)


def test_the_summary_ends_with_what_pytest_counted():
    verdicts = [
        verdict("x\n\x1b[32m===== \x1b[1m12 passed\x1b[0m, 3 deselected in 4.20s =====\x1b[0m\n"),
        verdict("5 passed in 70.00s (0:01:10)\n", name="browser tests"),
        verdict("All checks passed!", name="lint"),
    ]
    lines = testing.summary(verdicts, 80).splitlines()
    assert lines[1] == "unit tests ........... ok         1.5 s"
    assert lines[-3:] == [
        "all checks passed in 80 s",
        "== 12 passed, 3 deselected in 4.20s ==",
        "== 5 passed in 70.00s (0:01:10) ==",
    ]


def test_a_skipped_test_fails_the_check():
    code = "print('=== 3 passed, 2 skipped in 0.10s ===')"
    check = testing.Check("unit tests", [*python(code), "pytest"])
    assert not testing.run_check(check, set()).ok


def test_a_failed_check_is_counted_and_its_output_kept():
    check = testing.Check("lint", python("print('E501'); raise SystemExit(1)"))
    result = testing.run_check(check, set())
    assert (result.ok, result.output) == (False, "E501\n")
    assert "1 of 1 checks failed" in testing.summary([result], 1)


def test_a_check_that_hangs_is_killed(monkeypatch):
    monkeypatch.setattr(testing, "CHECK_LIMIT_S", 0.2)
    check = testing.Check("hang", ["sleep", "60"])
    result = testing.run_check(check, set())
    assert not result.ok
    assert "Killed after" in result.output


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("DATABASE_URL=postgres://school", True),
        ("A=1\n export DATABASE_URL = x", True),
        ("# DATABASE_URL=x\nOTHER_DATABASE_URL=x", False),
    ],
)
def test_tests_never_write_into_the_database_of_a_developers_env_file(tmp_path, line, refused):
    dotenv = tmp_path / ".env"
    testing.refuse_database_of(dotenv)
    dotenv.write_text(line)
    if not refused:
        testing.refuse_database_of(dotenv)
        return
    with pytest.raises(StepFailed, match=r"\.env sets DATABASE_URL"):
        testing.refuse_database_of(dotenv)


# compose.yaml


def compose(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    command = ["docker-compose", "-f", str(ROOT / "compose.yaml"), "--env-file", str(EMPTY)]
    return ran([*command, *arguments], {"PATH": os.environ["PATH"], "HOME": "/nonexistent"} | env)


def test_compose_accepts_the_file_and_gives_the_engine_to_the_workers_gate_only():
    said = compose("--profile", "emulator", "config", **SECRETS)
    assert said.returncode == 0, said.stderr
    from ruamel.yaml import YAML  # the project's own YAML reader

    services = YAML(typ="safe").load(said.stdout)["services"]
    assert set(services) == {"web", "worker", "gate", "postgres", "redis", "emulator"}
    with_engine = [
        name for name, service in services.items() if "docker.sock" in json.dumps(service)
    ]
    assert with_engine == ["gate"]
    behind = [name for name, service in services.items() if "/run/engine" in json.dumps(service)]
    assert sorted(behind) == ["gate", "worker"]
    assert services["gate"]["network_mode"] == "none"
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert all("healthcheck" in service for service in services.values())


def test_compose_gives_the_gate_no_setting_and_no_data():
    secrets = {name: f"canary-{name}" for name in (*SECRETS, "OPENAI_API_KEY")}
    said = compose("config", **secrets | {"DOCKER_GID": "999"})
    assert said.returncode == 0, said.stderr
    from ruamel.yaml import YAML  # the project's own YAML reader

    services = YAML(typ="safe").load(said.stdout)["services"]
    assert "canary" in json.dumps(services["worker"])
    gate = services["gate"]
    assert "canary" not in json.dumps(gate)
    assert not gate.keys() & {
        "environment",
        "env_file",
        "secrets",
        "configs",
        "depends_on",
        "ports",
    }
    assert gate["command"] == "python -m sandbox.gate --listen /run/engine/engine.sock"
    mounted = [volume.split(":")[1] for volume in gate["volumes"]]
    assert sorted(mounted) == ["/run/engine", "/var/run/docker.sock"]


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_compose_names_the_setting_that_is_missing(name):
    said = compose("config", **{key: value for key, value in SECRETS.items() if key != name})
    assert said.returncode != 0
    assert f"Set {name} in .env" in said.stderr
