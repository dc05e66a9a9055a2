"""A folder of course files -> what is taught (`facts.py`), or everything wrong with it.

No Django, no database, and nothing of a course is run. `check` is the way in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from courses import facts, languages, lint, scalars, schema, tutoring
from courses.document import Document, Place
from courses.facts import CourseSource
from courses.folder import Folder
from courses.lesson_reader import LoadedLesson, read_lesson, refuse_repeated_ids
from courses.problems import Mark, Problem, did_you_mean, quoted
from courses.reader import Named, Reader, texts_in

__all__ = ["CheckedCourse", "CourseSource", "Problem", "check", "read"]

_COURSE = TypeAdapter(schema.CourseFile)


@dataclass(frozen=True)
class CheckedCourse:
    """The result of checking a course's files.

    `course` is None if `problems` holds an error. `texts` are the files that were read, by the
    names that problems use; `steps` says where a step stands, by the ids of lesson and step, and
    `parts` in which document, at which number.
    """

    course: CourseSource | None
    problems: tuple[Problem, ...]
    texts: dict[str, str]
    steps: dict[tuple[str, str], tuple[str, Mark]]
    parts: dict[tuple[str, str], tuple[Document, int]] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the course from being published."""
        return tuple(found for found in self.problems if found.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that do not."""
        return tuple(found for found in self.problems if found.severity == "warning")

    def place_of(self, lesson: str, step: str, *inside: str | int) -> tuple[str, Mark]:
        """The file and place of a part of a step, such as `"hints", 0, "text"`.

        What is not in the file has the place of what it would stand in.
        """
        document, n = self.parts[lesson, step]
        return document.file, document.mark(("steps", n, *inside))


def check(path: Path) -> CheckedCourse:
    """The course in the folder `path`, and all problems of all its files. Never raises."""
    reader = Reader(Folder(path))
    course, lessons = _course(reader)
    wrong = any(found.severity == "error" for found in reader.problems)
    parts = {
        (lesson.source.id, step.id): (lesson.document, n)
        for lesson in lessons
        for n, step in enumerate(lesson.source.steps)
    }
    steps = {
        names: (document.file, document.mark(("steps", n, "kind")))
        for names, (document, n) in parts.items()
    }
    problems = tuple(sorted(set(reader.problems)))
    return CheckedCourse(None if wrong else course, problems, reader.texts, steps, parts)


def read(path: Path) -> CourseSource | tuple[Problem, ...]:
    """The course in the folder `path`; or all errors of all its files, in order. Never raises."""
    found = check(path)
    return found.course if found.course is not None else found.errors


def _course(reader: Reader) -> tuple[CourseSource | None, list[LoadedLesson]]:
    document = reader.document("course.yaml")
    if document is None:
        return None, []
    language = document.value(("language",)) if ("language",) in document.places else None
    reader = replace(reader, language=languages.language_or_default(language))
    form = reader.form(_COURSE, schema.CourseFile, document)
    _check_image(reader, document)
    refuse_repeated_ids(reader, document)
    _check_skills(reader, document)
    instructions = _instructions(reader, document)
    lessons = list(_lessons(reader, document))
    _check_names(reader, document, lessons)
    lint.add_problems(reader, document, lessons)
    if form is None or instructions is None:
        return None, lessons
    policy, quotas = form.tutor or tutoring.PolicyPart(), form.quotas or tutoring.QuotasPart()
    course = CourseSource(
        id=form.id,
        title=form.title,
        language=form.language,
        description=form.description,
        instructions=instructions,
        lessons=tuple(lesson.source for lesson in lessons),
        image=form.image or "",
        skills=tuple(
            facts.Skill(skill.id, skill.title, tuple(skill.prerequisites)) for skill in form.skills
        ),
        policy=facts.Policy(policy.support, policy.max_hint_level, policy.gate),
        model=facts.ModelOptions(**vars(form.model or tutoring.ModelPart())),
        quotas=facts.Quotas(quotas.messages_per_day, quotas.messages_per_lesson),
        releases=_releases(form, lessons),
    )
    return course, lessons


def _instructions(reader: Reader, course: Document) -> str | None:
    place: Place = ("instructions",)
    said = course.value(place) if place in course.places else None
    if isinstance(said, str) and re.fullmatch(scalars.MARKDOWN_FILE, said):
        return reader.prose(said, Named(course, place))
    return said if isinstance(said, str) else None


def _check_image(reader: Reader, course: Document) -> None:
    place: Place = ("image",)
    image = course.value(place) if place in course.places else None
    if image in languages.images() and image not in reader.language.images:
        message = f"The image `{image}` is not for {reader.language.title}; leave the key out."
        reader.add_error(course, place, message)


def _releases(form: schema.CourseFile, lessons: list[LoadedLesson]) -> dict[str, datetime]:
    by_folder = {lesson.document.file.partition("/")[0]: lesson.source.id for lesson in lessons}
    return {
        by_folder[listed.folder]: datetime.fromisoformat(listed.release)
        for listed in form.lessons
        if isinstance(listed, schema.ListedPart) and listed.folder in by_folder
    }


# Lessons -----------------------------------------------------------------------------------------


def _lessons(reader: Reader, course: Document) -> Iterator[LoadedLesson]:
    folders: set[str] = set()
    ids: dict[str, str] = {}  # a lesson's id -> its folder
    for place, name in texts_in(course):
        match place:
            case ("lessons", int()) | ("lessons", int(), "folder"):
                pass
            case _:
                continue
        if not re.fullmatch(scalars.FOLDER, name):
            continue
        if name in folders:
            reader.add_error(course, place, f"The lesson `{name}` stands twice in this list.")
            continue
        folders.add(name)
        # Through the course's folder, out of which no link may lead.
        document = reader.document(f"{name}/lesson.yaml", Named(course, place))
        if document is None:
            continue
        lesson_id = document.data.get("id") if isinstance(document.data, dict) else None
        if isinstance(lesson_id, str) and (other := ids.setdefault(lesson_id, name)) != name:
            message = f"The lesson in `{other}` has the id {quoted(lesson_id)} already."
            reader.add_error(document, ("id",), message)
        if (lesson := read_lesson(reader.inside(name), document)) is not None:
            yield lesson


def _check_names(reader: Reader, course: Document, lessons: list[LoadedLesson]) -> None:
    """Lessons name skills that the course has, and old ids that are free."""
    ids = {lesson.source.id for lesson in lessons}
    skills = [
        text
        for place, text in texts_in(course)
        if len(place) == 3 and place[0] == "skills" and place[2] == "id"
    ]
    for lesson in lessons:
        for place, text in texts_in(lesson.document):
            match place:
                case ("skills" | "prerequisites", int()) if text not in skills:
                    advice = did_you_mean(text, skills)
                    message = f"The course has no skill {quoted(text)}.{advice}"
                    reader.add_error(lesson.document, place, message)
                case ("was", int()) if text in ids:
                    message = f"The id {quoted(text)} is still in use in this course."
                    reader.add_error(lesson.document, place, message)


# Skills ------------------------------------------------------------------------------------------


def _check_skills(reader: Reader, course: Document) -> None:
    """Prerequisites of skills exist, and do not go round in a circle."""
    ids: dict[int, str] = {}
    needs: dict[str, list[tuple[Place, str]]] = {}
    for place, text in texts_in(course):
        match place:
            case ("skills", int(n), "id"):
                ids[n] = text
    for place, text in texts_in(course):
        match place:
            case ("skills", int(n), "prerequisites", int()) if n in ids:
                needs.setdefault(ids[n], []).append((place, text))
                if text not in ids.values():
                    advice = did_you_mean(text, ids.values())
                    message = f"There is no skill {quoted(text)} here.{advice}"
                    reader.add_error(course, place, message)
    if circle := _circle({skill: [need for _, need in found] for skill, found in needs.items()}):
        place = next(place for place, need in needs[circle[0]] if need == circle[1])
        way = " → ".join(quoted(skill) for skill in circle)
        reader.add_error(course, place, f"The prerequisites go round in a circle: {way}.")


def _circle(needs: dict[str, list[str]]) -> list[str]:
    """Skills each of which needs the next, the last being the first again; empty if there is none.

    Depth first with a list of its own: a chain of skills may be longer than Python's stack.
    """
    done: set[str] = set()
    for start in needs:
        path: list[str] = []
        todo = [(start, False)]
        while todo:
            skill, left = todo.pop()
            if left:
                path.pop()
                done.add(skill)
            elif skill in path:
                return [*path[path.index(skill) :], skill]
            elif skill not in done:
                path.append(skill)
                todo.append((skill, True))
                todo += [(need, False) for need in reversed(needs.get(skill, []))]
    return []
