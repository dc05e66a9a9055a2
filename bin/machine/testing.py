"""bin/test: sets up what the checks need, runs all of them, fails if one fails."""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from . import debian, engine, environment, page, steps
from .steps import ROOT, VAR, StepFailed, step

# Commands that tests start, and the Debian package of each.
PROGRAMS = {
    "chromium": "chromium",
    "redis-server": "redis-server",
    "pg_lsclusters": "postgresql",
    "docker-compose": "docker-compose",
}
# A check that takes longer than this hangs.
CHECK_LIMIT_S = 900
MOST_TEST_PROCESSES = 4

DESCRIPTION = """\
Sets up what the checks need (as bin/serve does, and Debian's Chromium, Redis, PostgreSQL and
docker-compose), then runs all of them: formatting, lint, types, import contracts, Django's own
checks, the page's checks, and the tests: without engine or browser, those of what may fail, with
the Docker engine, in the browser.
A skipped test counts as failed. With pytest's arguments only pytest runs, once, with those:
  bin/test tests/sandbox -k memory
"""


@dataclass(frozen=True)
class Check:
    """One command that must end with exit code 0."""

    name: str
    argv: list[str]
    cwd: Path = ROOT
    env: dict[str, str] | None = None

    @property
    def is_pytest(self) -> bool:
        """Whether its output ends in pytest's closing line."""
        return "pytest" in self.argv


@dataclass(frozen=True)
class Verdict:
    """How a check went; `output` is all it printed."""

    check: Check
    ok: bool
    seconds: float
    output: str

    @property
    def closing(self) -> str:
        """pytest's last line with the counts; empty for other checks."""
        return closing_line(self.output) if self.check.is_pytest else ""


@dataclass
class Lane:
    """Checks that run one after the other; several lanes run at once."""

    checks: list[Check]
    verdicts: list[Verdict] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(
        prog="bin/test",
        usage="bin/test [--help] [pytest's arguments …]",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _, for_pytest = parser.parse_known_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Begun in the background, this process ignores SIGINT, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with steps.only_one("set-up"):
            node = set_up()
        with steps.only_one("test", otherwise="bin/test already runs in this checkout."):
            return _run(phases(node, for_pytest))
    except StepFailed as error:
        return steps.fail(error)
    except KeyboardInterrupt:
        print("\nInterrupted.")
        return 130


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
    with step("Sandbox image") as outcome:
        outcome.text = engine.provide_image("tutor-sandbox")
    for language in ("plots", "javascript"):
        with step(f"Image for {language}") as outcome:
            outcome.text = engine.provide_image(f"tutor-sandbox-{language}", language)
    with step("Page packages") as outcome:
        node = page.find_node()
        outcome.text = page.provide_packages(lambda: node)
    return node


def phases(node: page.Node, for_pytest: list[str]) -> list[list[Lane]]:
    """The checks: one phase after the other, the lanes of a phase at once.

    Two lanes, for the two cores of a small machine. The tests with time limits of their own
    (failures, engine, browser) come after the others, so that nothing slows them down.
    """
    env = _clean_environment()
    if for_pytest:
        return [[Lane([_python("tests", env, "pytest", *for_pytest)])]]
    sources = [".", "bin/serve", "bin/test"]
    static = [
        _python("types", env, "mypy", "."),
        _python("formatting", env, "ruff", "format", "--check", *sources),
        _python("lint", env, "ruff", "check", *sources),
        Check("import contracts", [str(environment.VENV / "bin" / "lint-imports")], env=env),
        Check("Django's checks", [str(environment.PYTHON), "manage.py", "check"], env=env),
        Check(
            "migrations",
            [str(environment.PYTHON), "manage.py", "makemigrations", "--check", "--dry-run"],
            env=env,
        ),
        # The page's types were checked when it was built; a build now would pull it from under the
        # browser's tests.
        _npm("page lint", node, "lint"),
        _npm("page protocol", node, "frames:check"),
        _npm("page tests", node, "test"),
    ]
    several = str(min(os.cpu_count() or 1, MOST_TEST_PROCESSES))
    others = "not docker and not browser and not failures"
    unit = _python("unit tests", env, "pytest", "-m", others, "-n", several)
    failures = [
        _python(f"failures, {server}", env, "pytest", "-m", "failures", "-k", server)
        for server in ("daphne", "uvicorn")
    ]
    # They wait more than they compute: two at a time, each file in one process, in the order of
    # tests/conftest.py. With three, programs with limits of 1.5 s ran out of it.
    by_file = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    alone = [
        _python("engine tests", env, "pytest", "-m", "docker and not browser", *by_file),
        _python("browser tests", env, "pytest", "-m", "browser", "-n", "2", "--dist", "loadfile"),
    ]
    return [[Lane([unit]), Lane(static)], [Lane([check]) for check in failures], [Lane(alone)]]


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
    env.pop("DATABASE_URL", None)
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


def _run(all_phases: list[list[Lane]]) -> int:
    began = time.monotonic()
    print(flush=True)
    for lanes in all_phases:
        _run_phase(lanes)
    verdicts = [verdict for lanes in all_phases for lane in lanes for verdict in lane.verdicts]
    print(summary(verdicts, time.monotonic() - began), flush=True)
    return 0 if all(verdict.ok for verdict in verdicts) else 1


def _run_phase(lanes: list[Lane]) -> None:
    running: set[subprocess.Popen[bytes]] = set()
    with ThreadPoolExecutor(len(lanes)) as pool:
        jobs = [pool.submit(_run_lane, lane, running) for lane in lanes]
        try:
            for job in jobs:
                job.result()
        except KeyboardInterrupt:
            for lane in lanes:
                lane.checks.clear()
            for process in tuple(running):
                _kill(process)
            raise


def _run_lane(lane: Lane, running: set[subprocess.Popen[bytes]]) -> None:
    while lane.checks:
        check = lane.checks.pop(0)
        verdict = run_check(check, running)
        lane.verdicts.append(verdict)
        if verdict.ok:
            sys.stdout.write(f"{check.name}: ok, {verdict.seconds:.1f} s\n")
        else:
            heading = f" {check.name}: FAILED, {verdict.seconds:.1f} s "
            sys.stdout.write(f"\n{heading:=^80}\n{verdict.output.rstrip()}\n{'':=^80}\n\n")
        sys.stdout.flush()


def run_check(check: Check, running: set[subprocess.Popen[bytes]]) -> Verdict:
    """Runs the check to its end, or kills it at CHECK_LIMIT_S; never raises for what it does."""
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            check.argv,
            cwd=check.cwd,
            env=check.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return Verdict(check, False, 0.0, f"{check.argv[0]} cannot be started: {error.strerror}.")
    running.add(process)
    try:
        printed, late = process.communicate(timeout=CHECK_LIMIT_S)[0], ""
    except subprocess.TimeoutExpired:
        _kill(process)
        printed, late = process.communicate()[0], f"\nKilled after {CHECK_LIMIT_S} s."
    running.discard(process)
    output = printed.decode(errors="replace") + late
    seconds = time.monotonic() - began
    ok = process.returncode == 0 and not (check.is_pytest and skipped(output))
    return Verdict(check, ok, seconds, output)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def closing_line(output: str) -> str:
    """pytest's last line with the counts, without its ornaments; empty if there is none."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    counts = re.findall(
        r"^=* ?((?:\d+ \w+|no tests ran)[^=\n]* in [\d.]+s[^=\n]*?) ?=*$", plain, re.MULTILINE
    )
    return counts[-1] if counts else ""


def skipped(output: str) -> int:
    """How many tests pytest skipped, by its closing line."""
    match = re.search(r"(\d+) skipped", closing_line(output))
    return int(match[1]) if match else 0


def summary(verdicts: list[Verdict], seconds: float) -> str:
    """The table of all checks, then pytest's closing lines."""
    rows = []
    for verdict in verdicts:
        word = "ok" if verdict.ok else "FAILED"
        rows.append(f"{verdict.check.name + ' ':.<22} {word:<7}{verdict.seconds:>7.1f} s")
    failed = sum(not verdict.ok for verdict in verdicts)
    total = f"{failed} of {len(verdicts)} checks failed" if failed else "all checks passed"
    closings = [f"== {verdict.closing} ==" for verdict in verdicts if verdict.closing]
    skips = sum(skipped(verdict.output) for verdict in verdicts if verdict.check.is_pytest)
    if skips:
        closings.append(f"{skips} skipped tests: nothing may be skipped.")
    return "\n".join(["", *rows, f"{total} in {seconds:.0f} s", *closings])
