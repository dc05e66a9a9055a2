"""The gate's process: nothing in its environment but what a Python needs."""

import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

MODULE = "sandbox.gate"
# What the process may know. The site's settings, and so its secrets, are not among it. LC_CTYPE is
# set by Python itself where nothing else is.
KEPT = (
    "LANG", "LC_ALL", "LC_CTYPE", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH",
    "PYTHONUNBUFFERED", "TZ",
)  # fmt: skip


def kept(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in KEPT if name in environment}


def allow_files(number: int) -> None:
    """Let this process have `number` files open, or as many as it may ask for. With fewer than its
    connections need it could let nobody in, and would try for ever."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def become(folder: Path, *arguments: str) -> NoReturn:
    """End this program and be the gate instead; `folder` is where our packages are."""
    os.chdir(folder)
    os.execve(  # noqa: S606  # our own module, no shell
        sys.executable, [sys.executable, "-m", MODULE, *arguments], kept(os.environ)
    )
