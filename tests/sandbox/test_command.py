"""`manage.py sandbox`, as somebody at a terminal or a script meets it."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from pytest_django import Settings

from sandbox import container, spec
from sandbox.management.commands.sandbox import Command, Terminal, run

from .test_pool import pool_of

MANAGE = Path(__file__).parent.parent.parent / "manage.py"
DOWN = {"DOCKER_HOST": "unix:///nonexistent.sock"}


@dataclass(frozen=True)
class Done:
    """What a command has printed, and the code that it ended with."""

    stdout: str
    stderr: str
    returncode: int


class Run(Protocol):
    def __call__(
        self, *arguments: str, stdin: str | None = "", encoding: str = "utf-8", **environment: str
    ) -> Done: ...


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings) -> Run:
    """Runs the command in this process, with files as its standard input, output and errors.

    With None as `stdin` it has no input at all.
    """

    def run_command(
        *arguments: str, stdin: str | None = "", encoding: str = "utf-8", **environment: str
    ) -> Done:
        given, out, err = (tmp_path / f"standard-{name}" for name in ("in", "out", "err"))
        given.write_text(stdin or "", newline="")
        with (
            given.open(newline="") as typed,
            out.open("w", encoding=encoding) as printed,
            err.open("w", encoding=encoding) as complained,
            monkeypatch.context() as here,
        ):
            here.setattr(sys, "stdin", None if stdin is None else typed)
            here.setattr(sys, "stdout", printed)
            here.setattr(sys, "stderr", complained)
            if image := environment.pop("SANDBOX_IMAGE", ""):
                settings.SANDBOX_IMAGE = image
            for name, value in environment.items():
                here.setenv(name, value)
            code: object = 0
            try:
                Command().run_from_argv(["manage.py", "sandbox", *arguments])
            except SystemExit as end:
                code = end.code or 0
            assert isinstance(code, int)
        return Done(out.read_text(encoding), err.read_text(encoding), code)

    return run_command


def in_a_process(program: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command as a process of its own, which runs `program`."""
    return subprocess.run(
        [sys.executable, MANAGE, "sandbox", "run", "-"],
        input=program, capture_output=True, text=True, env=os.environ | environment, timeout=60,
    )  # fmt: skip


@pytest.mark.docker
def test_a_program_from_standard_input_prints_and_ends_like_itself(image: str) -> None:
    code = "import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(3)"
    done = in_a_process(code)
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 3)


@pytest.mark.docker
def test_a_program_from_a_file_reads_the_input_it_is_given(
    sandbox: Run, image: str, tmp_path: Path
) -> None:
    program = tmp_path / "sum.py"
    program.write_text("print(sum(map(int, open(0))))")
    done = sandbox("run", str(program), "--input", "-", stdin="1\n2\n")
    assert (done.stdout, done.stderr, done.returncode) == ("3\n", "", 0)


@pytest.mark.docker
def test_json_is_one_line_with_everything(sandbox: Run, image: str) -> None:
    done = sandbox("run", "-", "--json", stdin="print('ä')\n1 / 0")
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    result = json.loads(done.stdout)
    assert result.keys() >= {"status", "exit_code", "stdout", "stderr", "duration_ms", "message"}
    assert 1000 < result["peak_memory_kb"] < 100_000
    assert 0 < result["cpu_ms"] < 1000
    assert 0 < result["queued_ms"] < 10_000
    assert (result["status"], result["exit_code"], result["stdout"]) == ("error", 1, "ä\n")
    assert "ZeroDivisionError" in result["stderr"]


@pytest.mark.docker
@pytest.mark.parametrize(
    ("code", "exit_code", "words"),
    [
        ("bytearray(10 ** 10)", 137, "256 MB"),
        ("while True: print('spam')", 125, "printed far too much"),
        ("import os; os.abort()", 139, "SIGABRT"),
    ],
)
def test_other_ends_have_a_code_and_a_sentence(
    sandbox: Run, image: str, code: str, exit_code: int, words: str
) -> None:
    done = sandbox("run", "-", stdin=code)
    assert done.returncode == exit_code
    assert words in done.stderr


def test_without_an_engine_it_says_so(sandbox: Run, tmp_path: Path) -> None:
    said = in_a_process("print(1)", **DOWN)
    assert (said.returncode, said.stdout) == (69, "")
    assert "no Docker engine answers at unix:///nonexistent.sock" in said.stderr
    assert "not available" in said.stderr
    done = sandbox("run", "-", "--json", stdin="print(1)", **DOWN)
    assert json.loads(done.stdout)["status"] == "unavailable"
    done = sandbox("image", **DOWN)
    assert done.returncode == 1
    assert "no Docker engine answers" in done.stderr


@pytest.mark.docker
def test_a_missing_image_is_named_and_how_to_build_it(
    sandbox: Run, image: str, caplog: pytest.LogCaptureFixture
) -> None:
    done = sandbox("run", "-", stdin="print(1)", SANDBOX_IMAGE="no-such-image")
    assert done.returncode == 69
    assert "`manage.py sandbox image` builds the image no-such-image" in caplog.text
    assert "no-such-image" in done.stderr


def test_what_cannot_be_run_is_refused_before_anything_starts(sandbox: Run, tmp_path: Path) -> None:
    done = sandbox("run", "-", stdin="x" * 300_000)
    assert done.returncode == 65
    assert "300,000 bytes" in done.stderr
    done = sandbox("run", "-", "--json", stdin="print(1)\0")
    assert done.returncode == 65
    assert json.loads(done.stdout)["status"] == "error"


def test_a_file_that_cannot_be_read_is_named_without_a_traceback(
    sandbox: Run, tmp_path: Path
) -> None:
    binary = tmp_path / "picture.py"
    binary.write_bytes(b"\xff\xfe\x00")
    for file in (tmp_path / "nowhere.py", tmp_path, binary):
        done = sandbox("run", str(file))
        assert done.returncode == 66
        assert str(file) in done.stderr
        assert "Traceback" not in done.stderr


def test_json_is_one_line_for_a_file_that_cannot_be_read_too(sandbox: Run, tmp_path: Path) -> None:
    binary = tmp_path / "picture.py"
    binary.write_bytes(b"\xff\xfe\x00")
    program = tmp_path / "fine.py"
    program.write_text("print(1)")
    wrong = [[str(file)] for file in (tmp_path / "nowhere.py", tmp_path, binary)]
    for arguments in [*wrong, [str(program), "--input", str(tmp_path)]]:
        done = sandbox("run", "--json", *arguments)
        assert done.returncode == 66
        assert done.stderr == ""
        (line,) = done.stdout.splitlines()
        result = json.loads(line)
        assert (result["status"], result["exit_code"]) == ("error", None)
        assert arguments[-1] in result["message"]


@pytest.mark.docker
def test_a_reader_that_goes_away_stops_the_program_quietly(image: str, tmp_path: Path) -> None:
    program = tmp_path / "many.py"
    program.write_text("import time\nfor i in range(900): print(i); time.sleep(0.01)")
    with subprocess.Popen(
        [sys.executable, MANAGE, "sandbox", "run", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.wait(5) == 130
        assert process.stderr.read() == ""


@pytest.mark.docker
def test_what_the_terminal_cannot_show_is_escaped(sandbox: Run, image: str) -> None:
    done = sandbox("run", "-", stdin="print('\\xe4')", encoding="ascii")
    assert (done.stdout, done.stderr, done.returncode) == ("\\xe4\n", "", 0)


@pytest.mark.docker
def test_ctrl_c_keeps_what_was_printed_in_the_json(
    image: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = tmp_path / "loop.py"
    program.write_text("print('begun')\nwhile True: pass")
    # As if it was pressed when the program has printed its line.
    monkeypatch.setattr(Terminal, "printed", lambda *_: signal.raise_signal(signal.SIGINT))
    with pytest.raises(SystemExit) as ended:
        run(str(program), None, as_json=True)
    out, err = capsys.readouterr()
    assert (ended.value.code, err) == (130, "")
    (line,) = out.splitlines()
    result = json.loads(line)
    assert (result["status"], result["stdout"]) == ("cancelled", "begun\n")


@pytest.mark.docker
def test_ctrl_c_ends_quietly_and_leaves_nothing(image: str, tmp_path: Path) -> None:
    program = tmp_path / "loop.py"
    program.write_text("print('begun')\nwhile True: pass")
    with subprocess.Popen(
        [sys.executable, MANAGE, "sandbox", "run", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 130
        assert "Traceback" not in process.stderr.read()


@pytest.mark.docker
def test_an_image_that_is_up_to_date_is_said_to_be(sandbox: Run, image: str) -> None:
    assert sandbox("image").stdout == f"{image} is up to date.\n"


@pytest.mark.docker
def test_other_files_cases_and_typing_are_options(sandbox: Run, image: str, tmp_path: Path) -> None:
    helper, cases = tmp_path / "helper.py", tmp_path / "cases.json"
    helper.write_text("def f(x): return x + 1")
    cases.write_text('[{"call": "f(41)"}, {"stdin": "x"}]')
    options = ["--file", str(helper), "--cases", str(cases)]
    done = sandbox("run", "-", *options, stdin="from helper import f")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["value"], second["ended"]) == ({"type": "int", "repr": "42"}, "exited")
    program = tmp_path / "ask.py"
    program.write_text("print(input('? '))\nprint(input('? '))")
    done = sandbox("run", str(program), "--interactive", stdin="a\nb\n")
    assert (done.stdout, done.returncode) == ("? a\n? b\n", 0)
    cases.write_text('{"call": 3}')
    done = sandbox("run", str(program), "--cases", str(cases))
    assert done.returncode == 66
    assert "no list of test cases" in done.stderr


@pytest.mark.docker
def test_a_character_that_comes_in_two_halves_is_typed_as_one(
    sandbox: Run, image: str, tmp_path: Path
) -> None:
    program = tmp_path / "ask.py"
    program.write_text("print(input() == 'x' + 'é' * 5000)")
    done = sandbox("run", str(program), "--interactive", stdin="x" + "é" * 5000 + "\n")
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.docker
def test_who_has_closed_the_input_types_nothing(sandbox: Run, image: str, tmp_path: Path) -> None:
    program = tmp_path / "ask.py"
    program.write_text("import sys; print(repr(sys.stdin.read()))")
    done = sandbox("run", str(program), "--interactive", stdin=None)
    assert (done.stdout, done.stderr, done.returncode) == ("''\n", "", 0)
    done = sandbox("run", "-", stdin=None)
    assert (done.stdout, done.stderr, done.returncode) == ("", "-: standard input is closed\n", 66)


@pytest.mark.docker
def test_check_prints_a_table_and_is_content(sandbox: Run, image: str) -> None:
    done = sandbox("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no network" in done.stdout
    assert "FAILED" not in done.stdout
    assert done.stdout.endswith("All is well.\n")


@pytest.mark.docker
def test_the_pools_containers_are_listed_with_their_owner(sandbox: Run, image: str) -> None:
    with pool_of(image, 1) as one:
        (line,) = [each for each in sandbox("pool").stdout.splitlines() if one.owner in each]
    assert image in line
    assert "running" in line


@pytest.mark.docker
def test_reap_removes_what_is_overdue_and_says_how_many(sandbox: Run, image: str) -> None:
    labels = {spec.APP_LABEL: "run", spec.DEADLINE_LABEL: "1"}
    with closing(container.connect()) as engine:
        name = engine.create_container(image, labels=labels)["Id"]
        done = sandbox("reap")
        assert engine.containers(all=True, filters={"id": name}) == []
    assert done.stdout.endswith(" containers removed\n")
    assert int(done.stdout.split()[0]) >= 1


@pytest.mark.parametrize("action", ["check", "pool", "reap"])
def test_without_an_engine_all_of_them_say_so(sandbox: Run, action: str) -> None:
    done = sandbox(action, **DOWN)
    assert done.returncode == 69
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") == 1


def test_the_exit_codes_are_in_the_help(sandbox: Run) -> None:
    assert "137  memory limit" in sandbox("--help").stdout
