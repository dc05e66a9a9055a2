"""The languages of programs, as a table: each is an image and a command on the same wire. Pure.

The only module of the sandbox that names one; `image/` builds what the table says. Inside the
container the supervisor is Python itself: a program without a `command` runs in its interpreter.
"""

from dataclasses import dataclass
from typing import Final

from .inside.wire import PROGRAM_NAME

MIB = 1024 * 1024


@dataclass(frozen=True)
class Language:
    """A language, together with the libraries that its programs find."""

    name: str
    # The language itself, for a person.
    title: str
    # Debian's packages of its image.
    packages: tuple[str, ...]
    # The name of the program's file.
    program: str
    # The command that runs it; empty: Python, in the interpreter that is forked ahead.
    command: tuple[str, ...] = ()
    memory_bytes: int = 256 * MIB
    # What the command says where it gives up because its own memory is full.
    full_heap: tuple[str, ...] = ()
    # An image of a registry that holds the same; empty: there is none.
    official: str = ""
    # Added to the name of the default language's image.
    suffix: str = ""
    # The setting that says how many of its containers one worker keeps warm; empty: there is none,
    # and each container is started when it is needed.
    pool_setting: str = ""
    # Large, and built only when asked for: `bin/serve` does without.
    is_extra: bool = False

    def __str__(self) -> str:
        return self.name

    def image(self, plain: str) -> str:
        """The name of its image, where the default language's is called `plain`."""
        return f"{plain}{self.suffix}"

    @property
    def evaluates_calls(self) -> bool:
        """True where a test case may be an expression beside the program."""
        return not self.command


PYTHON: Final = Language(
    "python",
    "Python",
    ("python3",),
    PROGRAM_NAME,
    official="python:3.13-slim",
    pool_setting="SANDBOX_POOL_SIZE",
)
PLOTS: Final = Language(
    "plots",
    "Python",
    ("python3", "python3-numpy", "python3-pandas", "python3-matplotlib"),
    PROGRAM_NAME,
    memory_bytes=512 * MIB,
    suffix="-plots",
    pool_setting="SANDBOX_PLOTS_POOL_SIZE",
    is_extra=True,
)
JAVASCRIPT: Final = Language(
    "javascript",
    "JavaScript",
    ("python3", "nodejs"),
    "main.js",
    # Its threads count as processes; the rest of the memory is for what is not its heap.
    command=("node", "--v8-pool-size=2", "--max-old-space-size=128"),
    full_heap=(
        "JavaScript heap out of memory",
        "Fatal JavaScript invalid size error",
        "Fatal process out of memory",
    ),
    suffix="-javascript",
    pool_setting="SANDBOX_JAVASCRIPT_POOL_SIZE",
)

# By name; rows and commands have the name.
LANGUAGES: Final = {language.name: language for language in (PYTHON, PLOTS, JAVASCRIPT)}
DEFAULT: Final = PYTHON


def language_named(name: str) -> Language:
    """The language of that name. Raises ValueError if there is none."""
    if language := LANGUAGES.get(name):
        return language
    raise ValueError(f"{name!r} is no language of the sandbox")
