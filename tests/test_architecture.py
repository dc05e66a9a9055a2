"""The shape of the code: who imports whom, and that the documents name only what exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    "README.md",
    "ARCHITECTURE.md",
    *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
]

# Things in backquotes that look like paths of this project.
PATH = re.compile(r"`((?:tutor|sandbox|courses|tests|bin|docs|requirements|\.ci)/[\w./-]*)`")
COMMAND = re.compile(r"manage\.py (\w+)")
SETTING = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)


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
        path
        for app in ("tutor", "sandbox", "courses")
        for path in sorted((ROOT / app).glob("*.py"))
        if path.name != "__init__.py"
    ]
    assert [path.name for path in modules if f"{path.stem}.py" not in text] == []


def test_the_readme_lists_every_setting_that_is_read_from_the_environment() -> None:
    source = (ROOT / "tutor" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
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
