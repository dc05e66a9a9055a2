"""epicbox, measured beside our own ways: in a Python of its own, because it needs urllib3 < 2."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from sandbox import container
from tests.bench.sandbox.methods import ANSWER, CODE, PATIENCE_S, Measurement

EPICBOX = "epicbox 1.1.0"
WANTED = ("epicbox==1.1.0", "urllib3<2")
SCRIPT = Path(__file__).with_name("epicbox_runs.py")


def install(folder: Path) -> str:
    """A Python with epicbox in `folder`, made if there is none. Raises FileNotFoundError."""
    python = str(folder / "bin" / "python")
    if not _has_epicbox(python):
        for command in (
            [sys.executable, "-m", "venv", str(folder)],
            [python, "-m", "pip", "install", "--quiet", *WANTED],
        ):
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                why = done.stderr.strip().rpartition("\n")[2]
                raise FileNotFoundError(f"it could not be installed: {why}")
    return python


def _has_epicbox(python: str) -> bool:
    command = [python, "-c", "import epicbox"]
    try:
        return not subprocess.run(command, check=False, capture_output=True).returncode
    except OSError:
        return False


@contextlib.contextmanager
def epicbox(image: str, python: str) -> Iterator[Measurement]:
    """The same program in the same image, which for epicbox must not have an entry point.

    Raises FileNotFoundError unless `python` has epicbox.
    """
    if not _has_epicbox(python):
        raise FileNotFoundError(f"{python} does not have epicbox")
    bare = f"{image}-without-entry-point"
    with contextlib.closing(container.connect()) as engine, contextlib.ExitStack() as at_the_end:
        recipe = io.BytesIO(f"FROM {image}\nENTRYPOINT []\n".encode())
        for event in engine.build(fileobj=recipe, tag=bare, rm=True, decode=True):
            if "error" in event:
                raise RuntimeError(event["error"])
        at_the_end.callback(engine.remove_image, bare)
        child = at_the_end.enter_context(
            subprocess.Popen(  # our own
                [python, SCRIPT, bare, CODE],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
        )  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        to, of = child.stdin, child.stdout
        at_the_end.callback(child.wait, PATIENCE_S)
        at_the_end.callback(to.close)

        def measure() -> float:
            to.write("run\n")
            to.flush()
            answer = json.loads(of.readline() or '{"stdout": "it ended"}')
            if answer["stdout"] != ANSWER:
                raise RuntimeError(f"epicbox: {answer['stdout']!r}")
            return float(answer["ms"])

        yield measure
