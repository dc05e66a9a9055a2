"""The languages of courses, as a table: all that files, grading and pages need to know of each.

A language is a module here and its row in `LANGUAGES`. Nothing else of `courses` or `tutor` names
one but the default; the sandbox, which runs the programs, and the page's editor have tables of
their own.
Begin with `language`. Pure: imports `folder`, `observation` and `problems`.
"""

from typing import Final

from courses.languages.javascript import JAVASCRIPT
from courses.languages.language import ErrorOutput, Language, Syntax
from courses.languages.python import PYTHON
from courses.problems import nearest

__all__ = [
    "DEFAULT",
    "LANGUAGES",
    "ErrorOutput",
    "Language",
    "Syntax",
    "constructs",
    "images",
    "language_of",
    "language_or_default",
]

# In the order in which authors are told of them.
LANGUAGES: Final[dict[str, Language]] = {language.id: language for language in (PYTHON, JAVASCRIPT)}
# For a course that names no language that is known.
DEFAULT: Final = PYTHON


def language_of(id_: str) -> Language:
    """The language of a stored course; of one that is no longer in the table, its name alone."""
    return LANGUAGES.get(id_) or Language(id_, id_, "", errors=())


def language_or_default(name: object) -> Language:
    """The language that a course names, misspelt perhaps; the default where it names none."""
    if not isinstance(name, str):
        return DEFAULT
    return LANGUAGES.get(name) or LANGUAGES.get(nearest(name, LANGUAGES) or "") or DEFAULT


def images() -> tuple[str, ...]:
    """Names of the images that courses may ask for, of all languages."""
    return tuple(image for language in LANGUAGES.values() for image in language.images)


def constructs() -> dict[str, str]:
    """Constructs that rules may name, each in words; those of the first language that has it."""
    found: dict[str, str] = {}
    for language in LANGUAGES.values():
        if language.syntax is not None:
            found = {**language.syntax.constructs, **found}
    return found
