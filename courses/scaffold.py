"""A new course: a small one that is complete, to be changed into one's own."""

import re
from pathlib import Path

from courses import json_schema
from courses.document import Document, parse

_SKELETON = Path(__file__).parent / "skeleton"


def write(folder: Path, title: str = "") -> None:
    """Write a course that passes every check into `folder`, which is made if it is not there.

    Its id is the folder's name, as far as an id can be. Raises FileExistsError if there is
    anything in the folder, OSError if it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if next(folder.iterdir(), None) is not None:
        raise FileExistsError(f"There is something in {folder} already.")
    for source in sorted(path for path in _SKELETON.rglob("*") if path.is_file()):
        target = folder / source.relative_to(_SKELETON)
        target.parent.mkdir(exist_ok=True)
        text = source.read_text(encoding="utf-8")
        if source.name == "course.yaml":
            text = _named(text, course_id(folder), title)
        target.write_text(text, encoding="utf-8")
    write_schemas(folder)


def write_schemas(folder: Path) -> list[str]:
    """Write the JSON Schemas into `folder`, where the first lines of its files look for them."""
    written = json_schema.json_schemas()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return list(written)


def course_id(folder: Path) -> str:
    """An id made of the folder's name."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    return (name if name[:1].isalpha() else f"course-{name}".strip("-"))[:64].rstrip("-")


def _named(text: str, name: str, title: str) -> str:
    text = text.replace("id: my-course", f"id: {name}", 1)
    if title:
        text = text.replace("title: My course", f"title: {_quoted(title)}", 1)
    return text


def _quoted(title: str) -> str:
    """The title as YAML: as it is where that means the same, else in quotes."""
    read: Document | None = parse("title", f"a: {title}\n", [])
    if read is not None and read.data == {"a": title}:
        return title
    return "'" + title.replace("'", "''") + "'"
