"""The table of languages: images and commands besides plain Python's, on the same wire."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import User

import sandbox
from sandbox import container, tasks
from sandbox.cases import CallCase, StdinCase
from sandbox.files import PNG
from sandbox.gate.calls import Terms
from sandbox.image.build import ensure_image
from sandbox.job import Job, JobError, Result, Status, limits_for
from sandbox.languages import DEFAULT, JAVASCRIPT, LANGUAGES, PLOTS, Language
from sandbox.management.commands.sandbox import Command
from sandbox.models import Run
from sandbox.pool import Pool
from sandbox.run_observer import RunObserver
from tests.polling import wait_until

from .conftest import SETTLE_S
from .test_typing import Person

docker = pytest.mark.docker


@pytest.fixture(scope="module")
def plots(plots_image: str) -> Iterator[Pool]:
    pool = Pool(plots_image, 1, 2, owner="test-plots", limits=limits_for(PLOTS))
    pool.start()
    wait_until(pool.is_full, SETTLE_S)
    yield pool
    pool.drain()


def run_plots(pool: Pool, code: str) -> Result:
    return pool.run(Job(code, limits=limits_for(PLOTS), language=PLOTS))


DRAWS = """
import numpy as np, pandas as pd, matplotlib.pyplot as plt
x = np.arange(10)
print(x.sum(), np.linalg.inv(np.eye(3)).trace(), pd.DataFrame({'a': x}).a.mean())
plt.plot(x); plt.show()
for _ in range(2): plt.figure(); plt.plot(x)
plt.figure(); plt.bar(x, x); plt.savefig('mine.png')
"""


@docker
def test_all_figures_come_back_shown_saved_or_only_drawn(plots: Pool) -> None:
    result = run_plots(plots, DRAWS)
    assert (result.stderr, result.stdout) == ("", "45 3.0 4.5\n")
    assert [(file.name, file.kind, file.skipped) for file in result.files] == [
        (f"{name}.png", PNG, "") for name in ("figure-1", "figure-2", "figure-3", "mine")
    ]


@docker
def test_a_module_of_its_own_is_found_by_libraries_too_and_figures_are_saved_all_the_same(
    plots: Pool,
) -> None:
    code = (
        "import statistics, sys\nassert 'numpy' not in sys.modules\n"
        "import matplotlib.pyplot as plt\nprint(statistics.MINE)\nplt.plot([1, 2])\nplt.show()\n"
        "assert not plt.get_fignums()"
    )
    files = (("statistics.py", "MINE = 1"),)
    result = plots.run(Job(code, files=files, limits=limits_for(PLOTS)))
    assert (result.stdout, result.stderr) == ("1\n", "")
    assert [file.name for file in result.files] == ["figure-1.png"]


@docker
def test_numpy_is_there_at_once_and_finds_one_thread(plots: Pool) -> None:
    wait_until(plots.is_full, SETTLE_S)
    code = "import numpy, threading, os\nprint(len(os.listdir('/proc/self/task')))"
    result = run_plots(plots, code)
    assert result.stdout == "1\n"
    assert result.cpu_ms < 1000


@docker
def test_what_is_missing_there_comes_with_what_is_present(plots: Pool) -> None:
    shown = run_plots(plots, "import seaborn").stderr
    assert "Besides Python's own there are " in shown
    assert "matplotlib, " in shown
    assert "numpy, " in shown
    assert "pandas, " in shown


@docker
def test_an_array_is_an_opaque_value(plots: Pool) -> None:
    job = Job(
        "import numpy as np",
        limits=limits_for(PLOTS),
        cases=(CallCase("np.float64(3)"), CallCase("float(np.float64(3))")),
        language=PLOTS,
    )
    first, second = plots.run(job).observations
    assert first.value is not None
    assert first.value["type"] == "numpy.float64"
    assert second.value == {"type": "float", "repr": "3.0"}


# JavaScript -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def javascript(javascript_image: str) -> Iterator[Pool]:
    limits = limits_for(JAVASCRIPT)
    pool = Pool(javascript_image, 1, 2, owner="test-javascript", limits=limits)
    pool.start()
    yield pool
    pool.drain()


def script(code: str, **more: object) -> Job:
    return Job(code, language=JAVASCRIPT, **more)  # type: ignore[arg-type]


@docker
def test_a_program_in_javascript_prints_reads_fails_and_leaves_files(javascript: Pool) -> None:
    code = (
        "const fs = require('fs')\nconsole.log(6 * 7, fs.readFileSync(0, 'utf8').trim())\n"
        "fs.writeFileSync('a.txt', require('./helper').name)\nthrow new Error('no')"
    )
    job = script(code, stdin="read\n", files=(("helper.js", "exports.name = 'helper'"),))
    result = javascript.run(job)
    assert (result.status, result.exit_code, result.stdout) == (Status.ERROR, 1, "42 read\n")
    assert "Error: no" in result.stderr
    assert "main.js:4" in result.stderr
    assert [(file.name, file.data) for file in result.files] == [("a.txt", b"helper")]


@docker
def test_its_ends_are_told_like_pythons(javascript: Pool) -> None:
    limits = replace(limits_for(JAVASCRIPT), wall_s=2)
    loop = javascript.run(script("console.log('x'); while (true) {}", limits=limits))
    assert (loop.status, loop.stdout) == (Status.TIMEOUT, "x\n")
    assert "loop" in loop.message
    network = javascript.run(script("require('net').connect(80, '192.0.2.1')"))
    assert (network.status, "ENETUNREACH" in network.stderr) == (Status.ERROR, True)


@docker
def test_it_is_run_with_each_input_of_a_test(javascript: Pool) -> None:
    code = "console.log(1 + Number(require('fs').readFileSync(0, 'utf8')))"
    result = javascript.run(script(code, cases=(StdinCase("1"), StdinCase("41"))))
    assert [(each.ended, each.exit_code, each.stdout) for each in result.observations] == [
        ("exited", 0, "2\n"), ("exited", 0, "42\n")
    ]  # fmt: skip


@docker
def test_nodes_readline_waits_for_a_person_and_its_full_heap_is_no_crash(
    javascript: Pool,
) -> None:
    code = (
        "const io = require('readline').createInterface(process.stdin, process.stdout)\n"
        "io.question('n? ', a => { console.log('hi ' + a); process.exit() })"
    )
    job = script(code, interactive=True)
    job = replace(job, limits=replace(job.limits, wall_s=1.5))
    result = javascript.run(job, Person("Ann\n", waits_s=2))
    assert (result.status, result.stdout) == (Status.OK, "n? hi Ann\n")
    grows = "const a = []; while (true) a.push(new Array(1e5).fill(1))"
    result = javascript.run(script(grows, cases=(StdinCase(""),)))
    assert [each.ended for each in result.observations] == ["memory"]


def test_calls_are_for_python_only() -> None:
    with pytest.raises(JobError, match="for Python only"):
        script("", cases=(CallCase("f()"),))


@docker
def test_a_language_whose_image_is_missing_is_unavailable() -> None:
    result = container.run(script("1"), image="no-such-image-javascript")
    assert result.status is Status.UNAVAILABLE
    assert "no-such-image-javascript" in result.message


# Another language ---------------------------------------------------------------------------------

# Its interpreter is in every image.
SHELL = Language("shell", "Shell", ("python3",), "main.sh", command=("sh",))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Language:
    """A language that is nowhere but in the table."""
    monkeypatch.setitem(LANGUAGES, SHELL.name, SHELL)
    return SHELL


@docker
@pytest.mark.django_db
def test_a_language_in_the_table_goes_all_the_way(
    image: str, shell: Language, stranger: User
) -> None:
    cases = (StdinCase("Ada"), StdinCase("Bob"))
    code = "read name\necho $((6 * 7)) $name\nexit 3"
    for case in ((), cases):
        run = Run.request(
            key=f"k{len(case)}", code=code, stdin="Eve", cases=case, files={"a.txt": "a"},
            language=shell, student=stranger, origin="student", group="g.1",
        )  # fmt: skip
        claimed = Run.objects.claim(str(run.pk))
        assert claimed
        result = tasks.perform(claimed, RunObserver(claimed))
        claimed.finish(result)
        run.refresh_from_db()
        if case:
            assert [each.stdout for each in run.result().observations] == ["42 Ada\n", "42 Bob\n"]
        else:
            assert (run.stdout, run.exit_code, run.language) == ("42 Eve\n", 3, "shell")
    assert not ensure_image(shell.image(image), print, shell)


def test_commands_worker_and_gate_read_the_table(
    shell: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = Command().create_parser("manage.py", "sandbox")
    for action in ("image", "check"):
        assert parser.parse_args([action, "--language", "shell"]).language is shell
    assert "images/of:1" in Terms.of("images/of:1").images
    with pytest.raises(JobError, match="main.sh"):
        Job("", files=(("main.sh", ""),), language=shell)
    monkeypatch.setattr(Pool, "start", lambda pool: None)
    monkeypatch.setattr("sandbox.container.sweep", lambda *_: 0)
    monkeypatch.setattr(tasks, "sweeper", Mock())
    monkeypatch.setattr(tasks, "presence", Mock())
    monkeypatch.setattr("django.conf.settings.EMBEDDED", False)
    tasks.start_worker({"sandbox"})
    try:
        assert {*tasks.pools} == {"python", "plots", "javascript", "shell"}
        assert tasks.pools["shell"].state().size == 0
    finally:
        tasks.pools.clear()


def test_only_the_table_names_a_language_besides_the_default() -> None:
    others = [each for each in LANGUAGES.values() if each is not DEFAULT]
    words = {word for each in others for word in (each.name, each.program, *each.command[1:])}
    names = {word.lower() for word in words - {DEFAULT.program}}
    root = Path(sandbox.__file__).parent
    found = [
        (str(path.relative_to(root)), name)
        for path in root.rglob("*.py")
        if path.name != "languages.py" and path.parent.name != "migrations"
        for name in names
        if name in path.read_text().lower()
    ]
    assert found == []
