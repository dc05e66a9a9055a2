"""bin/test: sets up what the checks need, runs all of them, fails if one fails."""

import argparse
import os
import re
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

from . import debian, engine, environment, page, steps
from .lanes import Check, Lane, every, run_lanes, summary
from .steps import ROOT, VAR, StepFailed, step

# Commands that tests start, and the Debian package of each.
PROGRAMS = {
    "chromium": "chromium",
    "redis-server": "redis-server",
    "pg_lsclusters": "postgresql",
    "docker-compose": "docker-compose",
}
MOST_TEST_PROCESSES = 4

# Which tests are whose, by pytest's markers.
UNIT = "not docker and not browser and not failures and not slow and not real_model and not gateway"
ENGINE = "docker and not browser and not slow"
FAILURES = "failures and not slow"
BROWSER = "browser and not slow"
SLOW = "slow"
# Before servers that others wrote, each in an environment of its own: the option and the lock file,
# pytest's marker, and the variable that tells the tests its Python.
PEERS = {
    "real-model": ("real_model", "REAL_MODEL_PYTHON"),
    "gateway": ("gateway", "GATEWAY_PYTHON"),
}
# Those before which a whole site is put, with its page and its sandbox.
WHOLE_SITE = {"real-model"}
# Where all tests with a marker stand: to look at all others takes each process some seconds.
FOLDERS = {"browser": "tests/browser", "failures": "tests/failures"}

DESCRIPTION = """\
Sets up what the checks need (as bin/serve does, and Debian's Chromium, Redis, PostgreSQL and
docker-compose), then runs all of them: formatting, lint, types, import contracts, Django's own
checks, the page's checks, and the tests: without engine or browser, those of what may fail, with
the Docker engine, in the browser.
A skipped test counts as failed. The soaks (marker slow: nothing but more of the same) are left out;
--slow runs them and nothing else. So are the tests before servers that others wrote, which need
packages of their own: --real-model (llama.cpp and a small model) and --gateway (LiteLLM) install
these, then run such tests and nothing else. With pytest's arguments only pytest runs, once, with
those:
  bin/test tests/sandbox -k memory
"""


def main(arguments: list[str]) -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(
        prog="bin/test",
        usage="bin/test [--help] [--slow | --real-model | --gateway] [pytest's arguments …]",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    lane = parser.add_mutually_exclusive_group()
    lane.add_argument("--slow", action="store_true", help="run the soaks, which take minutes")
    for name in PEERS:
        lane.add_argument(
            f"--{name}", dest="peer", action="store_const", const=name, default="",
            help="run the tests before this server of others, and nothing else",
        )  # fmt: skip
    options, for_pytest = parser.parse_known_args(arguments)
    if options.slow:
        for_pytest = ["-m", SLOW, *for_pytest]
    if options.peer:
        for_pytest = ["-m", PEERS[options.peer][0], "tests/peers", *for_pytest]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Begun in the background, this process ignores SIGINT, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with steps.only_one("set-up"):
            node = None
            if options.peer:
                set_up_peer(options.peer)
            else:
                node = set_up()
        with steps.only_one("test", otherwise="bin/test already runs in this checkout."):
            return _run(lanes(node, for_pytest))
    except StepFailed as error:
        return steps.fail(error)
    except KeyboardInterrupt:
        print("\nInterrupted.")
        return 130


def set_up_peer(peer: str) -> None:
    """What the tests before this peer need: where a whole site is before it, page and engine."""
    with step("Python packages") as outcome:
        outcome.text = environment.provide("dev.txt")
    with step(f"Packages, {peer}") as outcome:
        outcome.text = environment.provide_beside(peer)
    if peer in WHOLE_SITE:
        with step("Web page") as outcome:
            outcome.text = page.build()
        with step("Docker engine") as outcome:
            outcome.text = engine.provide()
        engine.provide_images("tutor-sandbox", extras=False)


def set_up() -> page.Node:
    """Everything the checks need, the same way as bin/serve; the Node for the page's checks."""
    with step("Python packages") as outcome:
        outcome.text = environment.provide("dev.txt")
    with step("Programs") as outcome:
        installed = debian.provide(PROGRAMS)
        outcome.text = f"installed {', '.join(installed)}" if installed else "as they were"
    with step("Web page") as outcome:
        outcome.text = page.build()
    with step("Docker engine") as outcome:
        outcome.text = engine.provide()
    engine.provide_images("tutor-sandbox", extras=True)
    with step("Page packages") as outcome:
        node = page.find_node()
        outcome.text = page.provide_packages(lambda: node)
    return node


def lanes(node: page.Node | None, for_pytest: list[str]) -> list[Lane]:
    """The checks, for the two cores of a small machine; all lanes run at once. With arguments for
    pytest only that runs, once, and nothing needs a Node.

    First what computes: the unit tests on both cores, beside them what looks at the sources. Then
    the tests of the engine, alone: with others beside them, even at nice 10, programs with limits
    of 3 s ran out of them. At last what mostly waits: the browser's tests, and beside them,
    before them where both want a core, those of what may fail, under one server after the other.
    """
    env = _clean_environment()
    if for_pytest:
        return [Lane([_pytest("tests", env, *for_pytest)])]
    assert node
    several = str(min(os.cpu_count() or 1, MOST_TEST_PROCESSES))
    unit = _pytest("unit tests", env, "-m", UNIT, "-n", several, "--dist", "worksteal")
    # Each file in one process, in the order of tests/conftest.py. With three processes, programs
    # with limits of 1.5 s ran out of it.
    by_file = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    engine_tests = _pytest("engine tests", env, "-m", ENGINE, *by_file)
    failures = [
        _pytest(f"failures, {server}", env, "-m", FAILURES, "-k", server, FOLDERS["failures"])
        for server in ("daphne", "uvicorn")
    ]
    browser = _pytest("browser tests", env, "-m", BROWSER, *by_file, FOLDERS["browser"])
    # What may fail has promises in seconds to keep, and who drives a page has patience.
    browser = replace(browser, argv=["nice", "-n", "10", *browser.argv])
    waiting = [Lane([browser]), Lane(failures)]
    return [Lane([unit, engine_tests], then=waiting), Lane(_static(node, env))]


def _static(node: page.Node, env: dict[str, str]) -> list[Check]:
    """What looks at the sources, and the page's own tests."""
    sources = [".", "bin/serve", "bin/test"]
    migrations = ("makemigrations", "--check", "--dry-run")
    return [
        _python("formatting", env, "ruff", "format", "--check", *sources),
        _python("lint", env, "ruff", "check", *sources),
        _python("types", env, "mypy", "."),
        Check("import contracts", [str(environment.VENV / "bin" / "lint-imports")], env=env),
        Check("Django's checks", [str(environment.PYTHON), "manage.py", "check"], env=env),
        Check("migrations", [str(environment.PYTHON), "manage.py", *migrations], env=env),
        # The page's types were checked when it was built; a build now would pull it from under the
        # browser's tests.
        _npm("page lint", node, "lint"),
        _npm("page protocol", node, "frames:check"),
        _npm("page tests", node, "test"),
    ]


def _pytest(name: str, env: dict[str, str], *arguments: str) -> Check:
    """Tests with a folder of their own: those of several lanes would share a database."""
    data = Path(env["DATA_DIR"]) / name.replace(", ", "-").replace(" ", "-")
    return _python(name, env | {"DATA_DIR": str(data)}, "pytest", *arguments)


def _python(name: str, env: dict[str, str], module: str, *arguments: str) -> Check:
    return Check(name, [str(environment.PYTHON), "-m", module, *arguments], env=env)


def _npm(name: str, node: page.Node, script: str) -> Check:
    return Check(name, ["npm", "run", script], cwd=page.CLASSROOM, env=node.env)


def _clean_environment() -> dict[str, str]:
    """The environment of the checks: what they write goes below var/test, which is new each time,
    and nobody's key, database or broker is used."""
    refuse_database_of(ROOT / ".env")
    data = VAR / "test"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    env = os.environ | {
        "DATA_DIR": str(data),
        "REDIS_URL": "",
        "OPENAI_API_KEY": "",
        "OPENAI_BASE_URL": "",
        "PATH": f"{os.environ.get('PATH', '')}{os.pathsep}{debian.SYSTEM_PATH}",
    }
    env |= {variable: str(environment.beside(peer)) for peer, (_, variable) in PEERS.items()}
    env.pop("DATABASE_URL", None)
    # The checks start some hundred Pythons: none compiles again what another has compiled.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return env


def refuse_database_of(dotenv: Path) -> None:
    """Raises StepFailed if the file names a database: the settings would make the tests use it,
    and unlike the other settings this one cannot be overridden with nothing."""
    text = dotenv.read_text() if dotenv.exists() else ""
    if re.search(r"^\s*(export\s+)?DATABASE_URL\s*=", text, re.MULTILINE):
        raise StepFailed(
            "The file .env sets DATABASE_URL, and the tests would write into that database. "
            "Take the line out while they run."
        )


def _run(all_lanes: list[Lane]) -> int:
    began = time.monotonic()
    print(flush=True)
    run_lanes(all_lanes)
    verdicts = [verdict for lane in every(all_lanes) for verdict in lane.verdicts]
    print(summary(verdicts, time.monotonic() - began), flush=True)
    return 0 if all(verdict.ok for verdict in verdicts) else 1
