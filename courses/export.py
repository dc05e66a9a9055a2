"""A published course as files again: what `check` reads from them has the same digests. Pure."""

import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from courses import json_schema, languages
from courses.audience import Rule
from courses.facts import (
    Case,
    CodeStep,
    CourseSource,
    ExplainStep,
    Hint,
    LessonSource,
    PredictStep,
    QuizStep,
    Step,
    Variant,
)

Files = dict[str, str]


def files_of(course: CourseSource) -> Files:
    """The text of every file of the course, by its name in the course's folder."""
    files: Files = {"instructions.md": course.instructions, **json_schema.json_schemas()}
    files["course.yaml"] = json_schema.first_line(json_schema.COURSE_SCHEMA) + yaml_of(
        {
            "id": course.id,
            "title": course.title,
            "language": course.language,
            "image": course.image,
            "description": course.description,
            "instructions": "instructions.md",
            "skills": [
                _clean({"id": s.id, "title": s.title, "prerequisites": list(s.prerequisites)})
                for s in course.skills
            ],
            "tutor": _clean(vars(course.policy)),
            "model": course.model.document(),
            "quotas": _clean(vars(course.quotas)),
            "lessons": [_listed(course, lesson) for lesson in course.lessons],
        }
    )
    for lesson in course.lessons:
        inside: Files = {}
        described = _lesson(lesson, inside, languages.language_or_default(course.language).suffix)
        head = json_schema.first_line(f"../{json_schema.LESSON_SCHEMA}")
        files[f"{lesson.id}/lesson.yaml"] = head + yaml_of(described)
        files |= {f"{lesson.id}/{name}": text for name, text in inside.items()}
    return files


def _listed(course: CourseSource, lesson: LessonSource) -> Any:
    if release := course.releases.get(lesson.id):
        return {"folder": lesson.id, "release": release.isoformat()}
    return lesson.id


def _lesson(lesson: LessonSource, files: Files, suffix: str) -> dict[str, Any]:
    return {
        "id": lesson.id,
        "title": lesson.title,
        "summary": lesson.summary,
        "was": list(lesson.was),
        "skills": list(lesson.skills),
        "prerequisites": list(lesson.prerequisites),
        "steps": [_clean(_step(step, files, suffix)) for step in lesson.steps],
    }


def _step(step: Step, files: Files, suffix: str) -> dict[str, Any]:
    common = {
        "id": step.id,
        "kind": step.kind,
        "title": step.title,
        "was": list(step.was),
        "prompt": _file(files, f"{step.id}/prompt.md", step.prompt),
    }
    match step:
        case ExplainStep():
            program = step.program and _file(files, f"{step.id}/program{suffix}", step.program)
            return common | {"program": program}
        case PredictStep():
            return common | _beside(step, files) | {
                "program": _file(files, f"{step.id}/program{suffix}", step.program),
                "stdin": step.stdin,
                "output": (step.output),
                "misconceptions": [
                    {"id": guess.id, "belief": guess.belief, "output": (guess.output)}
                    for guess in step.misconceptions
                ],
            }  # fmt: skip
        case QuizStep():
            return common | {
                "choices": [
                    _clean({"text": c.text, "correct": c.correct, "because": c.because})
                    for c in step.choices
                ]
            }
        case CodeStep():
            return common | _beside(step, files) | _code(step, files, suffix)


def _code(step: CodeStep, files: Files, suffix: str) -> dict[str, Any]:
    for wrong in step.wrong:
        files[wrong.file] = wrong.code
    return {
        "starter": _file(files, f"{step.id}/starter{suffix}", step.starter),
        "stdin": step.stdin,
        "tests": {
            "visible": [_case(case) for case in step.visible],
            "hidden": [_case(case) for case in step.hidden],
            "time_limit_s": step.limits.time_s,
            "memory_limit_mb": step.limits.memory_mb,
            "output_limit_kb": step.limits.output_kb,
        },
        "require": _rules(step.rules, "require"),
        "forbid": _rules(step.rules, "forbid"),
        "misconceptions": [
            _clean(
                {
                    "id": belief.id,
                    "belief": belief.belief,
                    "witness": belief.witness,
                    "predicts": belief.predicts,
                    "seen_in": [w.file for w in step.wrong if w.misconception == belief.id],
                }
            )
            for belief in step.misconceptions
        ],
        "hints": [_hint(hint) for hint in step.hints],
        "explain_back": step.explain_back,
        "solution": _file(files, f"{step.id}/solution{suffix}", step.solution),
        "share_solution": step.share_solution,
        "variants": [
            _variant(variant, f"{step.id}/{variant.id}", files, suffix) for variant in step.variants
        ],
    }


def _variant(variant: Variant, folder: str, files: Files, suffix: str) -> dict[str, Any]:
    return {
        "id": variant.id,
        "prompt": _file(files, f"{folder}/prompt.md", variant.prompt),
        "starter": _file(files, f"{folder}/starter{suffix}", variant.starter),
        "tests": _clean(
            {
                "visible": [_case(case) for case in variant.visible],
                "hidden": [_case(case) for case in variant.hidden],
            }
        ),
        "solution": _file(files, f"{folder}/solution{suffix}", variant.solution),
    }


def _beside(step: CodeStep | PredictStep, files: Files) -> dict[str, Any]:
    for file in step.files:
        files[file.path] = file.text
    return {
        "files": [file.path for file in step.files if file.editable],
        "data": [file.path for file in step.files if not file.editable],
    }


def _case(case: Case) -> dict[str, Any]:
    described = _clean(
        {
            "call": case.call,
            "stdin": case.stdin,
            "expect": case.expect,
            "tolerance": case.tolerance,
            "raises": case.raises,
            "message": case.message,
            "catches": list(case.catches),
        }
    )
    # An empty output is an expectation too.
    return described if case.stdout is None else described | {"stdout": (case.stdout)}


def _hint(hint: Hint) -> dict[str, Any]:
    return _clean(
        {
            "level": hint.level,
            "text": hint.text,
            "after_attempts": hint.after_attempts,
            "after_minutes": hint.after_minutes,
            "error": hint.error,
        }
    )


def _rules(rules: tuple[Rule, ...], verb: str) -> dict[str, Any]:
    ours = [rule for rule in rules if rule.verb == verb]
    return {
        f"{what}s": [rule.name for rule in ours if rule.what == what]
        for what in ("construct", "call", "import")
        if any(rule.what == what for rule in ours)
    }


def _file(files: Files, name: str, text: str) -> str:
    files[name] = text
    return name


def _clean(value: dict[str, Any]) -> dict[str, Any]:
    """Without keys that have nothing to say, at any depth of mappings."""
    pairs = ((key, _clean(one) if isinstance(one, dict) else one) for key, one in value.items())
    return {key: one for key, one in pairs if one not in (None, "", [], {}, 0, False)}


# YAML --------------------------------------------------------------------------------------------

# A text that can stand without quotes, and the words among these that would be no text.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./ -]*[A-Za-z0-9]")
_NO_TEXT = ("null", "true", "false")


def yaml_of(value: dict[str, Any]) -> str:
    """The mapping as YAML; every text comes back as it is."""
    writer = YAML()
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = 1_000_000  # a text folded over lines would come back changed
    stream = io.StringIO()
    writer.dump(_styled(_clean(value)), stream)
    return stream.getvalue()


def _styled(value: Any) -> Any:
    """The value with every text in a style that brings it back as it is."""
    match value:
        case dict():
            return {key: _styled(one) for key, one in value.items()}
        case list():
            return [_styled(one) for one in value]
        case str():
            return _text(value)
        case _:
            return value


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT:
        return text
    lines = text.split("\n")
    # As a block only where no blank at an end and no odd character could get lost.
    if len(lines) > 1 and all(line == line.strip() and line.isprintable() for line in lines):
        block: str = LiteralScalarString(text)
        return block
    quoted: str = DoubleQuotedScalarString(text)
    return quoted
