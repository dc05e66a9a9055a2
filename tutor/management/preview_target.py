"""The lesson that `course preview` is to show, found by what its author typed."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from courses.facts import CourseSource, LessonSource
from courses.problems import nearest
from courses.source import CheckedCourse

COURSE_FILE: Final = "course.yaml"


class NoLesson(Exception):
    """What was named is no lesson. The text is for who named it."""


@dataclass(frozen=True)
class Wanted:
    """A course in files, and perhaps the folder in it of the lesson that is meant."""

    path: Path
    folder: PurePosixPath | None = None

    def lesson(self, found: CheckedCourse, course: CourseSource, name: str) -> LessonSource:
        """The lesson of this id, of the folder, or the only one. Raises NoLesson."""
        if self.folder is not None and not name:
            name = self._named(found)
        return lesson_of(course, name)

    def _named(self, found: CheckedCourse) -> str:
        for (lesson, _), (file, _) in found.steps.items():
            if PurePosixPath(file).parent == self.folder:
                return lesson
        raise NoLesson(f"The course in {self.path} does not list the lesson in {self.folder}.")


def wanted(path: Path) -> Wanted:
    """The course that a path leads to: its folder or zip file, or the folder of a lesson in it."""
    folder = path.parent if path.is_file() and path.suffix == ".yaml" else path
    if (folder / COURSE_FILE).exists() or not folder.is_dir():
        return Wanted(folder)
    whole = folder.resolve()
    for above in whole.parents:
        if (above / COURSE_FILE).exists():
            return Wanted(_as_typed(folder, above), PurePosixPath(whole.relative_to(above)))
    return Wanted(folder)


def names_published(path: Path) -> bool:
    """Whether it looks like COURSE/LESSON rather than like a path."""
    return not path.is_absolute() and len(path.parts) == len(("course", "lesson"))


def _as_typed(folder: Path, above: Path) -> Path:
    """The folder above, as its author would write it."""
    return next((one for one in folder.parents if one.resolve() == above), above)


def lesson_of(course: CourseSource, name: str) -> LessonSource:
    """The lesson of this id; without one, the course's only lesson. Raises NoLesson."""
    lessons = {lesson.id: lesson for lesson in course.lessons}
    if name in lessons:
        return lessons[name]
    if not name and len(lessons) == 1:
        return course.lessons[0]
    known = f"Lessons of {course.id}: {', '.join(lessons)}."
    if not name:
        raise NoLesson(f"Which lesson? Say --lesson ID. {known}")
    meant = nearest(name, lessons)
    hint = f" Did you mean {meant}?" if meant else ""
    raise NoLesson(f"There is no lesson {name}.{hint} {known}")
