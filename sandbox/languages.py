"""The languages, as a table: each is an image and a command on the same wire. Pure."""

from dataclasses import dataclass
from enum import StrEnum

MIB = 1024 * 1024


class Language(StrEnum):
    """What a program is written in, and what it finds there."""

    PYTHON = "python"
    PLOTS = "plots"  # Python with NumPy, pandas and Matplotlib
    JAVASCRIPT = "javascript"


@dataclass(frozen=True)
class Setup:
    """What makes a language."""

    # Debian's packages of its image.
    packages: tuple[str, ...]
    # The name of the program's file.
    program: str
    # What runs it; empty: Python in the interpreter that is forked ahead.
    command: tuple[str, ...] = ()
    memory_bytes: int = 256 * MIB
    # An image of a registry that holds the same; empty: there is none.
    official: str = ""
    # What is added to the name of the image for Python.
    suffix: str = ""

    def image(self, plain: str) -> str:
        """The name of its image, where the one for Python is called `plain`."""
        return f"{plain}{self.suffix}"


LANGUAGES = {
    Language.PYTHON: Setup(("python3",), "main.py", official="python:3.13-slim"),
    Language.PLOTS: Setup(
        ("python3", "python3-numpy", "python3-pandas", "python3-matplotlib"),
        "main.py",
        memory_bytes=512 * MIB,
        suffix="-plots",
    ),
    Language.JAVASCRIPT: Setup(
        ("python3", "nodejs"),
        "main.js",
        # Its threads count as processes; the rest of the memory is for what is not its heap.
        command=("node", "--v8-pool-size=2", "--max-old-space-size=128"),
        suffix="-javascript",
    ),
}
