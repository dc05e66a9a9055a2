"""The format in files made of `schema.py`: JSON Schemas for editors, the reference for people."""

import json
from typing import Any, Final

from pydantic import TypeAdapter

from courses import scalars, schema

# The dialect that editors know, and what pydantic writes.
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
COURSE_SCHEMA: Final = "course.schema.json"
LESSON_SCHEMA: Final = "lesson.schema.json"
CASES_SCHEMA: Final = "cases.schema.json"

_FILES: Final[dict[str, tuple[Any, str]]] = {
    COURSE_SCHEMA: (schema.CourseFile, "A course: course.yaml"),
    LESSON_SCHEMA: (schema.LessonFile, "A lesson: lesson.yaml"),
    CASES_SCHEMA: (schema.CaseList, "A file of cases"),
}

# In the order of the reference: the file, then its parts.
_PARTS: Final[dict[str, str]] = {
    "CourseFile": "course.yaml",
    "ListedPart": "A lesson with a release",
    "SkillPart": "A skill",
    "PolicyPart": "tutor",
    "ModelPart": "model",
    "QuotasPart": "quotas",
    "LessonFile": "lesson.yaml",
    "ExplainStep": "A step of kind explain",
    "PredictStep": "A step of kind predict",
    "GuessPart": "A misconception of a prediction",
    "QuizStep": "A step of kind quiz",
    "ChoicePart": "A choice",
    "CodeStep": "A step of kind code",
    "TestsPart": "tests",
    "CasePart": "A case",
    "RulesPart": "require and forbid",
    "MisconceptionPart": "A misconception",
    "HintPart": "A hint",
    "VariantPart": "A variant",
}

_BOUNDS: Final = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to"}

_HEAD: Final = """\
# The course format

Made of `courses/schema.py` by `manage.py course schema --reference`; not to be edited. How to
write a course is told in [courses.md](courses.md). A key in **bold** must be there.
"""


def json_schemas() -> dict[str, str]:
    """The text of every schema file, by its name."""
    return {name: _json_schema(kind, title) for name, (kind, title) in _FILES.items()}


def first_line(schema_file: str) -> str:
    """What tells an editor which schema a YAML file follows; a line, with its end."""
    return f"# yaml-language-server: $schema={schema_file}\n"


def _json_schema(kind: Any, title: str) -> str:
    described = {"$schema": DIALECT, **TypeAdapter(kind).json_schema(), "title": title}
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


# The reference -----------------------------------------------------------------------------------


def reference() -> str:
    """The format as a page of Markdown, one table for each part."""
    known: dict[str, Any] = {}
    for kind in (schema.CourseFile, schema.LessonFile):
        described = kind.model_json_schema()
        known |= {kind.__name__: described, **described["$defs"]}
    parts = [_HEAD]
    for part, title in _PARTS.items():
        parts.append(f"## {title}\n\n{known[part]['description']}\n\n{_table(known[part])}")
    return "\n".join(parts)


def _table(part: dict[str, Any]) -> str:
    lines = ["| key | value | meaning |\n|---|---|---|\n"]
    for key, value in part["properties"].items():
        name = f"**`{key}`**" if key in part.get("required", []) else f"`{key}`"
        lines.append(f"| {name} | {_kind(value)} | {_meaning(value)} |\n")
    return "".join(lines)


def _meaning(value: dict[str, Any]) -> str:
    said = value.get("description", "")
    default = value.get("default")
    if default in (None, "", []):
        return str(said)
    return f"{said} Without it: `{json.dumps(default)}`.".strip()


def _kind(value: dict[str, Any]) -> str:
    """What may stand there, in words."""
    if "$ref" in value:
        title = _PARTS[value["$ref"].rpartition("/")[2]]
        return f"[{title}](#{_anchor(title)})"
    if either := value.get("anyOf") or value.get("oneOf"):
        return " or ".join(_kind(one) for one in either if one.get("type") != "null")
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if "pattern" in value:
        return _pattern(value["pattern"])
    match value["type"]:
        case "array":
            return f"a list: {_kind(value['items'])}"
        case "integer" | "number" as number:
            bounds = [f" {word} {value[key]:g}" for key, word in _BOUNDS.items() if key in value]
            return ("a whole number" if number == "integer" else "a number") + "".join(bounds)
        case "boolean":
            return "`true` or `false`"
        case list():
            return "a Python value"
        case _:
            return "text"


def _pattern(pattern: str) -> str:
    """What matches the pattern, in words."""
    program = f"a program's file, or a program of up to {scalars.MAX_INLINE_LINES} lines"
    return {
        scalars.ID: "an id",
        scalars.FOLDER: "a folder's name",
        scalars.MARKDOWN_FILE: "a Markdown file",
        scalars.program_file_pattern(): "a program's file",
        scalars.YAML_FILE: "a YAML file",
        scalars.BESIDE: "a file directly in the folder",
        scalars.PROSE: "a Markdown file, or a text with a blank in it",
        scalars.program_pattern(): program,
        scalars.RELEASE: "a day or a time",
        scalars.DOTTED: "a name",
    }[pattern]


def _anchor(title: str) -> str:
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")
