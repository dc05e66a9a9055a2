"""Builds the sandbox image. Does nothing when the image is there and made of the same files.

The base is the official slim Python image where a registry can be reached, and otherwise a Debian
system from Debian's own packages (debootstrap). Both lead to the same image: packages.txt.
"""

import contextlib
import hashlib
import io
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sandbox.container import ENGINE_ERRORS, connect, describe_error
from sandbox.languages import DEFAULT, Language

HERE = Path(__file__).parent
INSIDE = HERE.parent / "inside"
# What the image is made of: the name in the build's folder, and the file here.
INPUTS = {
    "Dockerfile": HERE / "Dockerfile",
    "sandbox/__main__.py": HERE / "__main__.py",
    **{f"sandbox/inside/{path.name}": path for path in sorted(INSIDE.glob("*.py"))},
}
# Says of an image which inputs it was made of.
INPUTS_LABEL = "tutor.sandbox.inputs"

DEBIAN_BASE = "tutor-sandbox-base"
# The Debian release whose packages are used where the host is not a Debian itself.
DEBIAN_RELEASE = "bookworm"
# Seconds in which a registry that can be reached answers.
REGISTRY_S = 8
BUILD_S = 900
# What a base does not need: the engine brings its own devices, the rest is for people.
LEFT_OUT = ("./dev/", "./var/cache/apt/", "./var/lib/apt/lists/", "./usr/share/doc/",
            "./usr/share/man/", "./usr/share/locale/", "./var/log/")  # fmt: skip

# Nothing of a base is worth waiting for the disk, nor read by people.
QUICK = """\
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
"""

Tell = Callable[[str], None]


class BuildError(Exception):
    """The image could not be built. Its text says what to do."""


def ensure_image(name: str, tell: Tell, language: Language = DEFAULT) -> bool:
    """Build image `name` unless it is up to date; whether it was built. Raises BuildError."""
    wanted = _digest()
    try:
        with contextlib.closing(connect()) as engine:
            if _label(engine, name) == wanted:
                return False
            engine.timeout = BUILD_S
            base = _base(engine, language, tell)
            tell(f"Building {name} on {base} …")
            _build(engine, name, base, wanted)
            return True
    except ENGINE_ERRORS as error:
        raise BuildError(f"The image could not be built: {describe_error(error)}") from None


def _digest() -> str:
    digest = hashlib.sha256()
    for name, path in INPUTS.items():
        digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _label(engine: Any, name: str) -> str | None:
    """The inputs an image was made of; None if there is no such image."""
    for image in engine.images(name):
        label: str | None = (image["Labels"] or {}).get(INPUTS_LABEL)
        return label
    return None


def _build(engine: Any, name: str, base: str, digest: str) -> None:
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for file, path in INPUTS.items():
            info = tarfile.TarInfo(file)  # no times and owners: the engine's cache compares them
            info.size, info.mode = path.stat().st_size, 0o644
            tar.addfile(info, io.BytesIO(path.read_bytes()))
    context.seek(0)
    events = engine.build(
        fileobj=context,
        custom_context=True,
        tag=name,
        buildargs={"BASE": base},
        labels={INPUTS_LABEL: digest},
        rm=True,
        forcerm=True,
        decode=True,
    )
    for event in events:
        if "error" in event:
            raise BuildError(f"The image could not be built: {event['error']}")


# The base ---------------------------------------------------------------------------------------


def _base(engine: Any, language: Language, tell: Tell) -> str:
    """The name of a base that the engine holds."""
    official, debian = language.official, f"{DEBIAN_BASE}{language.suffix}"
    for name in filter(None, (official, debian)):
        if engine.images(name):
            return name
    if official:
        tell(f"Fetching {official} …")
        if _pull(engine, *official.split(":")):
            return official
        tell("No image registry can be reached: building the base from Debian's packages …")
    else:
        tell("Building the base from Debian's packages …")
    _debian_base(engine, debian, language.packages, tell)
    return debian


def _pull(engine: Any, repository: str, tag: str) -> bool:
    engine.timeout = REGISTRY_S
    try:
        for event in engine.pull(repository, tag=tag, stream=True, decode=True):
            if "error" in event:
                return False
            engine.timeout = BUILD_S
    except ENGINE_ERRORS:
        return False
    finally:
        engine.timeout = BUILD_S
    return bool(engine.images(f"{repository}:{tag}"))


def _debian_base(engine: Any, name: str, packages: Sequence[str], tell: Tell) -> None:
    if os.geteuid() != 0:
        raise BuildError(
            "Building the base from Debian's packages needs root. Run "
            "`python manage.py sandbox image` with the same options as root once."
        )
    debootstrap = _debootstrap(tell)
    with tempfile.TemporaryDirectory(prefix="sandbox-base-") as folder:
        root = Path(folder) / "root"
        quick = root / "etc/dpkg/dpkg.cfg.d/quick"
        quick.parent.mkdir(parents=True)
        quick.write_text(QUICK)
        include = f"--include={','.join(packages)}"
        _call([debootstrap, "--variant=minbase", include, _release(), str(root)])
        archive = Path(folder) / "base.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(root, arcname=".", filter=_needed)
        with archive.open("rb") as file:
            answer = engine.import_image(src=file, repository=name, tag="latest")
    if '"error"' in answer:
        raise BuildError(f"The base could not be imported: {answer.strip()}")


def _debootstrap(tell: Tell) -> str:
    """The path of debootstrap; installs it where that is possible."""
    if not (found := shutil.which("debootstrap")) and (apt := shutil.which("apt-get")):
        tell("Installing debootstrap …")
        _call([apt, "update", "-q"])
        _call([apt, "install", "-qy", "--no-install-recommends", "debootstrap"])
        found = shutil.which("debootstrap")
    if not found:
        raise BuildError(
            "The base is built from Debian's packages, and there is no debootstrap. Install it, or "
            f"load the image {DEFAULT.official} into the Docker engine."
        )
    return found


def _release() -> str:
    """The Debian release to take the packages of: the host's own, if it is one."""
    with contextlib.suppress(OSError):
        system = platform.freedesktop_os_release()
        if system.get("ID") == "debian":
            return system.get("VERSION_CODENAME", DEBIAN_RELEASE)
    return DEBIAN_RELEASE


def _needed(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if f"{entry.name}/".startswith(LEFT_OUT) and not entry.isdir() else entry


def _call(command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603  # fixed programs, fixed arguments
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-5:])
        raise BuildError(f"`{' '.join(command)}` failed:\n{last}")
