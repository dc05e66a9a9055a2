"""Debian's packages: installed where that is possible, else the exact command to type."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from . import steps
from .steps import StepFailed

# Seconds to wait for another apt-get that is at work.
LOCK_TIMEOUT_S = 300
# Where services live; not on every user's PATH.
SYSTEM_PATH = os.defpath + ":/usr/local/sbin:/usr/sbin:/sbin"


def which(command: str) -> str | None:
    """The command's path, also where only root usually looks."""
    return shutil.which(command) or shutil.which(command, path=SYSTEM_PATH)


def is_debian(os_release: Path = Path("/etc/os-release")) -> bool:
    """Whether apt-get is how one installs here: Debian, Ubuntu and what descends from them."""
    try:
        lines = os_release.read_text().splitlines()
    except OSError:
        return False
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    kinds = f"{facts.get('ID', '')} {facts.get('ID_LIKE', '')}".replace('"', " ").split()
    return "debian" in kinds or "ubuntu" in kinds


def can_install() -> bool:
    """Whether `install` may succeed: Debian, and we are root."""
    return is_debian() and os.geteuid() == 0


def install(*packages: str) -> None:
    """Installs the packages. Raises StepFailed with what to do where it cannot."""
    names = " ".join(packages)
    command = f"apt-get install --no-install-recommends {names}"
    if not is_debian():
        raise StepFailed(
            f"This needs what Debian calls {names}, and this system is neither Debian nor Ubuntu.\n"
            "Install it with your system's package manager, then start this command again."
        )
    if os.geteuid() != 0:
        raise StepFailed(
            f"This needs {names}, and only root may install it. Either run\n"
            f"  sudo {command}\nand start this command again, or start it as root."
        )
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-q", "-y", "-o", f"DPkg::Lock::Timeout={LOCK_TIMEOUT_S}"]
    wanted = [*apt, "install", "--no-install-recommends", *packages]
    try:
        steps.run(wanted, "apt", env=env)
    except StepFailed:
        # The package lists are missing or too old.
        steps.run([*apt, "update"], "apt", env=env)
        steps.run(wanted, "apt", env=env)


def provide(commands: Mapping[str, str]) -> list[str]:
    """Installs the package of every command (command -> package) that is missing; their names."""
    missing = sorted({package for command, package in commands.items() if which(command) is None})
    if missing:
        install(*missing)
    return missing
