"""The contract of the image, whichever base it was built on."""

import re
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox import container
from sandbox.image import build
from sandbox.job import Limits
from sandbox.uid import UIDS

from .conftest import Sandbox

PACKAGES = Path(build.__file__).with_name("packages.txt")

pytestmark = pytest.mark.docker

# To look at every file, or to import every module, takes a busy machine its time.
PATIENT = Limits(wall_s=20, cpu_s=20)


def listed() -> tuple[list[str], list[str]]:
    """The modules that packages.txt promises, and those it excludes."""
    lines = [line for line in PACKAGES.read_text().splitlines() if not line.startswith("#")]
    names = " ".join(lines).split()
    return [n for n in names if n[0] != "!"], [n[1:] for n in names if n[0] == "!"]


def test_python_is_new_enough_and_not_root(sandbox: Sandbox) -> None:
    result = sandbox.run("import os, sys\nprint(sys.version_info >= (3, 11), os.getuid())")
    new_enough, uid = result.stdout.split()
    assert new_enough == "True"
    assert int(uid) in UIDS


def test_modules_are_there_as_the_package_list_says(sandbox: Sandbox) -> None:
    present, absent = listed()
    assert len(present) > 50
    result = sandbox.run(
        "import importlib\n"
        f"for name in {present}: importlib.import_module(name)\n"
        f"for name in {absent}:\n"
        "    try: importlib.import_module(name)\n"
        "    except ModuleNotFoundError: pass\n"
        "    else: print('not wanted:', name)\n",
        limits=PATIENT,
    )
    assert (result.stderr, result.stdout) == ("", "")


def test_no_file_gives_another_users_rights(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import os, stat\n"
        "seen = 0\n"
        "for folder, folders, files in os.walk('/'):\n"
        "    if folder == '/': folders[:] = set(folders) - {'proc', 'sys'}\n"
        "    for file in files:\n"
        "        mode = os.lstat(os.path.join(folder, file)).st_mode\n"
        "        seen += 1\n"
        "        if stat.S_ISREG(mode) and mode & 0o6000: print(folder, file)\n"
        "print(seen > 1000)",
        limits=PATIENT,
    )
    assert result.stdout == "True\n"


def test_the_supervisor_in_the_image_is_the_one_of_this_checkout(sandbox: Sandbox) -> None:
    for name, path in build.INPUTS.items():
        if name.endswith(".py"):
            shown = sandbox.run(f"print(open('/opt/{name}').read(), end='')").stdout
            assert shown == path.read_text()


def test_an_image_that_is_up_to_date_is_left_alone(image: str) -> None:
    said: list[str] = []
    assert build.ensure_image(image, said.append) is False
    assert said == []


def layers(engine: Any, name: str) -> list[str]:
    found: list[str] = engine.inspect_image(name)["RootFS"]["Layers"]
    return found


def test_a_changed_supervisor_builds_the_top_layer_only(
    image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "sandbox/inside/supervisor.py"
    changed = tmp_path / "supervisor.py"
    shutil.copy(build.INPUTS[name], changed)
    with changed.open("a") as file:
        file.write("# changed\n")
    monkeypatch.setitem(build.INPUTS, name, changed)
    name = f"{image}-changed"
    with closing(container.connect()) as engine:
        try:
            assert build.ensure_image(name, lambda _: None) is True
            before, after = layers(engine, image), layers(engine, name)
        finally:
            engine.remove_image(name, force=True)
    assert len(before) == len(after)
    assert before[:-1] == after[:-1]
    assert before[-1] != after[-1]


def test_without_an_engine_the_build_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    with pytest.raises(build.BuildError, match="no Docker engine answers at unix:///nonexistent"):
        build.ensure_image("tutor-sandbox", lambda _: None)


def test_the_web_process_and_programs_are_not_the_same_user() -> None:
    dockerfile = Path(build.__file__).parents[2] / "Dockerfile"
    (uid,) = re.findall(r"--uid (\d+)", dockerfile.read_text())
    assert int(uid) not in UIDS
