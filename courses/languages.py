"""The languages of programs, as far as a course's files depend on them. Pure.

What runs them is the sandbox's affair; it knows a course's programs by `image`, or by `language`.
"""

import builtins
import re
from dataclasses import dataclass
from typing import Final

from courses.folder import FILE_NAME
from courses.problems import nearest


@dataclass(frozen=True)
class Language:
    """What programs are written in."""

    id: str
    title: str
    suffix: str
    # Exceptions that a hint may wait for; others are known by the end of their name.
    errors: tuple[str, ...]
    # What `image` may say: places to run in besides the usual one.
    images: tuple[str, ...] = ()

    @property
    def main_file(self) -> str:
        """The student's own program; no file beside it may have its name."""
        return f"main{self.suffix}"

    def names_file(self, text: str) -> bool:
        """Whether `text` is the name of a file with a program in this language."""
        return re.fullmatch(rf"{FILE_NAME}{re.escape(self.suffix)}", text) is not None


PYTHON: Final = Language(
    "python",
    "Python",
    ".py",
    tuple(
        name
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, Exception)
    ),
    images=("plots",),
)
JAVASCRIPT: Final = Language(
    "javascript",
    "JavaScript",
    ".js",
    ("Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"),
)

LANGUAGES: Final = {language.id: language for language in (PYTHON, JAVASCRIPT)}
IMAGES: Final = tuple(image for language in LANGUAGES.values() for image in language.images)


def meant(said: object) -> Language:
    """The language that a course names, misspelt perhaps; Python where it names none."""
    if not isinstance(said, str):
        return PYTHON
    return LANGUAGES.get(said) or LANGUAGES.get(nearest(said, LANGUAGES) or "") or PYTHON
