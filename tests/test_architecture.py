"""The shape of the code: who imports whom, and that the documents name only what exists."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from sandbox.languages import LANGUAGES

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    "README.md",
    "ARCHITECTURE.md",
    *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
]

# Things in backquotes that look like paths of this project.
PATH = re.compile(r"`((?:tutor|sandbox|courses|tests|bin|docs|requirements|\.ci)/[\w./-]*)`")
# Folders whose modules have their own names for a reason: one for each command or change of the
# database, programs of courses, and what is no Python of ours.
UNNAMED = {"commands", "migrations", "content", "skeleton", "node_modules"}
COMMAND = re.compile(r"manage\.py (\w+)")
SETTING = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)

# Rooms without I/O, clock or chance, and the rooms that each may import.
PURE_ROOMS = {
    # It reads code and Markdown, and what is said in a code of its own.
    "tutor/leaks": (
        "tutor.leaks",
        "courses",
        "ast",
        "base64",
        "builtins",
        "codecs",
        "difflib",
        "html",
        "keyword",
        "markdown_it",
        "textwrap",
        "unicodedata",
    ),
    "tutor/protocol": ("tutor.protocol", "tutor.leaks"),
    # Times are told it; that none is asked for is seen below.
    "tutor/method": (
        "tutor.method",
        "tutor.protocol",
        "tutor.leaks",
        "courses",
        "datetime",
        "difflib",
        "hashlib",
    ),
    "tutor/turn": ("tutor.turn", "tutor.method", "tutor.protocol", "tutor.leaks"),
    "tutor/upstream/sansio": (
        "tutor.upstream.sansio",
        "tutor.turn",
        "tutor.method",
        "tutor.protocol",
    ),
}
PURE_LIBRARIES = (
    "abc", "collections", "dataclasses", "decimal", "enum", "functools", "itertools", "json",
    "math", "pydantic", "re", "typing",
)  # fmt: skip
IMPURE_BUILTINS = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}
# Methods of `datetime` that look at a clock.
CLOCKS = {"now", "today", "utcnow"}


def impurities(source: str, rooms: tuple[str, ...]) -> list[str]:
    """The imports and calls in a module's text that a room with these imports may not have."""
    names: list[str] = []
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                names += [alias.name for alias in node.names]
            case ast.ImportFrom():
                module = "." * node.level + (node.module or "")
                names += [f"{module}.{alias.name}" for alias in node.names]
            case ast.Call(func=ast.Name(id=name)) if name in IMPURE_BUILTINS:
                found.append(name)
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS:
                found.append(name)
    allowed = (*rooms, *PURE_LIBRARIES)
    return found + [
        name for name in names if not any(f"{name}.".startswith(f"{one}.") for one in allowed)
    ]


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_a_pure_room_has_no_module_with_io_or_a_clock(room: str) -> None:
    modules = sorted((ROOT / room).rglob("*.py"))
    assert modules
    found = {path.name: impurities(path.read_text(), PURE_ROOMS[room]) for path in modules}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import asyncio", ["asyncio"]),
        ("import json, os.path", ["os.path"]),
        ("from time import monotonic", ["time.monotonic"]),
        ("from datetime import datetime", ["datetime.datetime"]),
        ("def late():\n    import random", ["random"]),
        ("import logging as log", ["logging"]),
        ("from django.db import models", ["django.db.models"]),
        ("import httpx", ["httpx"]),
        ("from tutor import models", ["tutor.models"]),
        ("from tutor.turn_around import x", ["tutor.turn_around.x"]),
        ("from ..database import in_database", ["..database.in_database"]),
        ("text = open('file').read()", ["open"]),
        ("late = datetime.now(UTC)", ["now"]),
        ("import json\nfrom tutor.turn import rules\nfrom collections.abc import Mapping", []),
    ],
)
def test_an_import_that_is_not_pure_is_found(source: str, found: list[str]) -> None:
    assert impurities(source, PURE_ROOMS["tutor/turn"]) == found


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    said = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout


def test_the_pure_core_loads_without_django_and_celery() -> None:
    program = (
        "import sys, tutor.turn.rules, tutor.turn.history, tutor.method.prompts\n"
        "print(sorted(sys.modules.keys() & {'django', 'celery', 'channels', 'docker'}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_only_paths_that_exist(name: str) -> None:
    named = set(PATH.findall((ROOT / name).read_text()))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_only_commands_that_exist(name: str) -> None:
    named = set(COMMAND.findall((ROOT / name).read_text()))
    assert named <= set(get_commands())


def test_the_architecture_names_every_module() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    modules = [
        path.relative_to(ROOT)
        for app in ("tutor", "sandbox", "courses")
        for path in sorted((ROOT / app).rglob("*.py"))
        if not path.name.startswith("__") and not UNNAMED & set(path.relative_to(ROOT).parts)
    ]
    assert len(modules) > 150
    assert [str(path) for path in modules if f"`{path.name}`" not in text] == []


def test_the_readme_lists_every_setting_that_is_read_from_the_environment() -> None:
    source = (ROOT / "tutor" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    read |= {language.pool_setting for language in LANGUAGES.values()}
    assert set(SETTING.findall((ROOT / "README.md").read_text())) == read


def test_no_setting_turns_storing_on() -> None:
    assert not [name for name in dir(settings) if "STORE" in name and name.startswith("OPENAI")]


def test_no_file_names_a_package_registry() -> None:
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "deb.debian" + ".org"]
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = [
        (name, host)
        for name in listed.stdout.split("\0")
        if name and (ROOT / name).is_file()
        for host in hosts
        if host.encode() in (ROOT / name).read_bytes()
    ]
    assert found == []
