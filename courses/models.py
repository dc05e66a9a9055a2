"""Courses in the database: versions of lessons, enrolments, uploads."""

import io
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.functional import cached_property

from courses import bundle
from courses.audience import StudentLesson, TutorLesson
from courses.facts import CourseSource, LessonSource, ModelOptions, Policy, Quotas, Skill
from courses.source import CheckedCourse, check

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

# Lessons that a process keeps as facts, each some 20 KB with its document: more than the students
# of a few schools have open at a time.
LESSON_CACHE_SIZE: Final = 256


class KindChanged(ValueError):
    """A released step would change its kind; whoever meets it again would find another step."""

    def __init__(self, lesson: str, step: str, was: str, now: str) -> None:
        super().__init__(
            f"The step `{step}` was released as a step of kind `{was}` and can't become `{now}`. "
            "Give the new step another id."
        )
        self.lesson = lesson
        self.step = step


@dataclass(frozen=True)
class LessonChange:
    """The effect of publishing on a lesson. `dialogues` go on with the version they began with."""

    slug: str
    state: Literal["new", "changed", "unchanged", "withdrawn"]
    dialogues: int


@dataclass(frozen=True)
class Published:
    """The effect of publishing a course: numbers of lessons, apart from `course`."""

    course: "Course"
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0


class Course(models.Model):
    """Lessons in order, and what the tutor is told in all of them."""

    slug = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=120)
    description = models.TextField()
    language = models.CharField(max_length=32)
    instructions = models.TextField(help_text="For the tutor, in all lessons of the course.")
    image = models.CharField(
        max_length=200, blank=True, help_text="Where programs run; empty for the language's own."
    )
    # Lists and mappings of courses.facts: Skill, Policy, Quotas, ModelOptions.
    skills = models.JSONField(default=list, blank=True)
    policy = models.JSONField(default=dict, blank=True)
    quotas = models.JSONField(default=dict, blank=True)
    model_options = models.JSONField(default=dict, db_default={}, blank=True)

    class Meta:
        ordering = ["title", "slug"]

    def __str__(self) -> str:
        return self.title

    @classmethod
    @transaction.atomic
    def publish(cls, source: CourseSource) -> Published:
        """Make the database say what `source` says. The same source again changes nothing.

        A lesson whose content changed gets a new row and the old one stays, no longer current, for
        the conversations that began with it. A lesson that is gone from the course is withdrawn:
        no row of it is current. Two at once wait for each other at the course's row.
        """
        course, _ = cls.objects.update_or_create(
            slug=source.id,
            defaults={
                "title": source.title,
                "description": source.description,
                "language": source.language,
                "instructions": source.instructions,
                "image": source.image,
                "skills": [asdict(skill) for skill in source.skills],
                "policy": asdict(source.policy),
                "quotas": asdict(source.quotas),
                "model_options": source.model.document(),
            },
        )
        course._refuse_changed_kinds(source)
        for lesson in source.lessons:
            # A renamed lesson keeps its rows, so that its dialogues are found under the new name.
            course.lessons.filter(slug__in=lesson.was).update(slug=lesson.id, current=False)
        before = dict(course.lessons.current().values_list("slug", "digest"))
        known = set(course.lessons.values_list("slug", flat=True))
        for position, lesson in enumerate(source.lessons, start=1):
            course._publish_lesson(lesson, position, source.releases.get(lesson.id))
        slugs = [lesson.id for lesson in source.lessons]
        withdrawn = course.lessons.current().exclude(slug__in=slugs).update(current=False)
        new = sum(slug not in known for slug in slugs)
        unchanged = sum(before.get(lesson.id) == lesson.digest() for lesson in source.lessons)
        changed = len(slugs) - new - unchanged
        return Published(course, new, changed, unchanged, withdrawn)

    def _refuse_changed_kinds(self, source: CourseSource) -> None:
        """Raise KindChanged if a step that students have seen would become one of another kind."""
        released = {
            (lesson.slug, step["id"]): step["kind"]
            for lesson in self.lessons.current()
            for step in lesson.document["steps"]
        }
        for lesson in source.lessons:
            for step in lesson.steps:
                for slug in (lesson.id, *lesson.was):
                    for name in (step.id, *step.was):
                        if (kind := released.get((slug, name), step.kind)) != step.kind:
                            raise KindChanged(lesson.id, step.id, kind, step.kind)

    def _publish_lesson(
        self, source: LessonSource, position: int, release: datetime | None = None
    ) -> None:
        digest = source.digest()
        # First the old one: at no time are two versions current.
        self.lessons.current().filter(slug=source.id).exclude(digest=digest).update(current=False)
        self.lessons.update_or_create(
            slug=source.id,
            digest=digest,
            defaults={"position": position, "current": True, "released_at": _aware(release)},
            create_defaults={
                "title": source.title,
                "summary": source.summary,
                "document": source.document(),
                "position": position,
                "current": True,
                "released_at": _aware(release),
            },
        )

    def compare(self, source: CourseSource) -> "tuple[LessonChange, ...]":
        """The changes that publishing `source` would make, with the dialogues left behind.

        Dialogues on older versions are counted too: they stay where they are once more.
        """
        rows = self.lessons.annotate(dialogues=Count("conversations"))
        versions = [
            _Version(*row) for row in rows.values_list("slug", "digest", "current", "dialogues")
        ]
        named = {name for lesson in source.lessons for name in (lesson.id, *lesson.was)}
        gone = {one.slug for one in versions if one.current and one.slug not in named}
        return (
            *(_change(lesson, versions) for lesson in source.lessons),
            *(
                LessonChange(
                    slug, "withdrawn", sum(one.dialogues for one in versions if one.slug == slug)
                )
                for slug in sorted(gone)
            ),
        )

    def source(self) -> CourseSource:
        """The published course, as it could stand in files."""
        current = self.lessons.current().order_by("position")
        return CourseSource(
            id=self.slug,
            title=self.title,
            language=self.language,
            description=self.description,
            instructions=self.instructions,
            lessons=tuple(lesson.source() for lesson in current),
            image=self.image,
            skills=tuple(
                Skill(skill["id"], skill["title"], tuple(skill["prerequisites"]))
                for skill in self.skills
            ),
            policy=Policy.from_document(self.policy),
            quotas=Quotas(**self.quotas),
            model=ModelOptions.from_document(self.model_options),
            releases={lesson.slug: lesson.released_at for lesson in current if lesson.released_at},
        )


class LessonQuerySet(models.QuerySet["Lesson"]):
    """Questions about many lessons."""

    def current(self) -> Self:
        """The versions that new conversations begin with, one of each lesson."""
        return self.filter(current=True)

    def released(self) -> Self:
        """The current versions whose day has come."""
        day_has_come = Q(released_at__isnull=True) | Q(released_at__lte=timezone.now())
        return self.current().filter(day_has_come)

    def for_student(self, student: "AbstractBaseUser | AnonymousUser") -> Self:
        """The released lessons of the courses `student` is enrolled in, course by course."""
        enrolled = Enrolment.objects.filter(student=student.pk).values("course")
        return self.released().filter(course__in=enrolled).select_related("course")


class Lesson(models.Model):
    """One version of a lesson. Its content never changes; a changed lesson is another row."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="lessons")
    slug = models.SlugField(max_length=64)
    title = models.CharField(max_length=120)
    summary = models.TextField()
    position = models.PositiveIntegerField(help_text="In the course, from 1.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content.")
    # A courses.facts.LessonSource: solution and hidden cases included, so never sent as it is.
    document = models.JSONField()
    current = models.BooleanField(
        default=True, help_text="The version that new conversations begin with."
    )
    released_at = models.DateTimeField(
        null=True, blank=True, help_text="Students do not see the lesson before."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LessonQuerySet.as_manager()

    class Meta:
        ordering = ["course__title", "course__slug", "position", "slug", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "slug", "digest"], name="one_row_per_lesson_content"
            ),
            models.UniqueConstraint(
                fields=["course", "slug"],
                condition=Q(current=True),
                name="one_current_version_per_lesson",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def version(self) -> str:
        """The digest, as short as people need it."""
        return self.digest[:8]

    def source(self) -> LessonSource:
        """All of it, solution and hidden cases included: not to be sent anywhere."""
        return _source_of(_LessonContent(self.digest, self.document))

    def for_student(self) -> StudentLesson:
        """The part the browser may have."""
        return self.source().for_student()

    def for_tutor(self) -> TutorLesson:
        """The part the model may have."""
        return self.source().for_tutor()


class Enrolment(models.Model):
    """A student takes a course."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="enrolments")
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["course", "student"], name="one_enrolment_per_student"),
        ]

    def __str__(self) -> str:
        return f"{self.student} in {self.course}"


class Upload(models.Model):
    """A course as somebody uploaded it, and when it was published. Its file never changes."""

    name = models.CharField(max_length=200)
    content = models.BinaryField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def _read(self) -> tuple[CheckedCourse, str]:
        nothing = CheckedCourse(None, (), {}, {})
        with tempfile.TemporaryDirectory(prefix="course-") as folder:
            try:
                file = io.BytesIO(bytes(self.content))
                return check(bundle.unpack(file, Path(folder))), ""
            except bundle.BundleError as refused:
                return nothing, str(refused)

    @property
    def checked(self) -> CheckedCourse:
        """The course in it with its problems; nothing at all if there is a `refusal`."""
        return self._read[0]

    @property
    def refusal(self) -> str:
        """The reason why it cannot be unpacked; empty if it can."""
        return self._read[1]

    def publish(self) -> Published | None:
        """Publish the course, or None if it has errors. Raises KindChanged."""
        if self.checked.course is None:
            return None
        published = Course.publish(self.checked.course)
        type(self).objects.filter(pk=self.pk).update(published_at=timezone.now())
        return published


@dataclass(frozen=True)
class _LessonContent:
    """A lesson's document, known by its digest alone."""

    digest: str
    document: dict[str, Any] = field(compare=False)


# Asked for with every question and every run; a row's content never changes.
@lru_cache(maxsize=LESSON_CACHE_SIZE)
def _source_of(content: _LessonContent) -> LessonSource:
    return LessonSource.from_document(content.document)


def _aware(release: datetime | None) -> datetime | None:
    """`release` with a zone: the site's, where it names none."""
    if release is None or timezone.is_aware(release):
        return release
    return timezone.make_aware(release)


class _Version(NamedTuple):
    """A row of a lesson, as a comparison needs it."""

    slug: str
    digest: str
    current: bool
    dialogues: int


def _change(lesson: LessonSource, versions: list[_Version]) -> LessonChange:
    digest = lesson.digest()
    ours = [one for one in versions if one.slug in (lesson.id, *lesson.was)]
    before = next((one.digest for one in ours if one.current), None)
    dialogues = sum(one.dialogues for one in ours if one.digest != digest)
    if before is None:
        return LessonChange(lesson.id, "new", dialogues)
    return LessonChange(lesson.id, "unchanged" if before == digest else "changed", dialogues)
