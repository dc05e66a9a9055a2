"""Reading the files of a folder: their text, their problems, and what is a text in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from courses.document import Document, Finding, Place, parse
from courses.error_messages import problems_of
from courses.folder import Folder
from courses.languages import DEFAULT, Language
from courses.problems import Mark, Problem

T = TypeVar("T")


@dataclass(frozen=True)
class Named:
    """The place that names a file: where to say that the file is missing."""

    document: Document
    place: Place


@dataclass(frozen=True)
class Reader:
    """Reads the files of one folder; all that is wrong with them goes into `problems`."""

    folder: Folder
    # Of the programs in it.
    language: Language = DEFAULT
    # The folder as problems name it: empty for the course's own, else with "/" at its end.
    prefix: str = ""
    problems: list[Problem] = field(default_factory=list)
    # What has been read so far, by the name that problems use.
    texts: dict[str, str] = field(default_factory=dict)

    def inside(self, name: str) -> "Reader":
        """The reader of the folder `name` in this one, with the same lists."""
        return replace(self, folder=Folder(self.folder.path / name), prefix=f"{self.prefix}{name}/")

    def text(self, name: str, named: Named | None = None) -> str | None:
        """The text of the file `name`, or None."""
        text = self.folder.read(name)
        if isinstance(text, str):
            self.texts[self.prefix + name] = text
            return text
        if named is not None and text.inside is None:
            self.add_error(named.document, named.place, text.message)
        else:
            mark = text.inside or Mark()
            self.problems.append(Problem.at(self.prefix + name, mark, text.message))
        return None

    def prose(self, name: str, named: Named) -> str | None:
        """The Markdown in the file `name`, or None if there is nothing in it."""
        text = self.text(name, named)
        if text is not None and not text.strip():
            self.problems.append(Problem.at(self.prefix + name, Mark(), "The file is empty."))
            return None
        return text

    def program(self, name: str, named: Named) -> str | None:
        """The program in the file `name`, or None if it can be seen to be none."""
        code, syntax = self.text(name, named), self.language.syntax
        if code is not None and syntax is not None and (fault := syntax.fault(code)):
            mark, reason = fault
            message = f"Not a {self.language.title} program: {reason}."
            self.problems.append(Problem.at(self.prefix + name, mark or Mark(), message))
            return None
        return code

    def document(self, name: str, named: Named | None = None) -> Document | None:
        """The YAML file `name`, or None if nothing of it can be used."""
        text = self.text(name, named)
        return None if text is None else parse(self.prefix + name, text, self.problems)

    def form(self, adapter: TypeAdapter[T], kind: Any, document: Document) -> T | None:
        """`document` as the part of the format that `adapter` reads, or None."""
        try:
            return adapter.validate_python(document.data, context=self.language)
        except ValidationError as error:
            self.problems.extend(problems_of(error, document, kind))
            return None

    def add_error(self, document: Document, place: Place, message: str) -> None:
        """Say that something is wrong at `place`."""
        self.problems.append(Problem.at(document.file, document.mark(place), message))

    def add_warning(self, document: Document, place: Place, message: str) -> None:
        """Say that something at `place` is allowed, but hardly meant."""
        mark = document.mark(place)
        self.problems.append(Problem.at(document.file, mark, message, severity="warning"))

    def add_finding(self, document: Document, part: Place, found: Finding) -> None:
        """Say what was found in the part of `document` at `part`."""
        mark = document.mark((*part, *found.place))
        self.problems.append(Problem.at(document.file, mark, found.message, found.severity))


def texts_in(document: Document) -> Iterator[tuple[Place, str]]:
    """All values that are text, in the order of the file."""
    for place in document.places:
        value = document.value(place)
        if isinstance(value, str):
            yield place, value
