"""Broken course files, and what is said about each: the exact words at the exact place.

Tables of rows, by the course that is broken: the small one, the rich one, the one in JavaScript.
"""

from tests.courses.broken import (
    course,
    lesson,
    markup,
    rich_course,
    rich_lesson,
    rich_steps,
    script,
)
from tests.courses.broken.row import Row

__all__ = ["RICH", "SCRIPT", "SMALL", "Row"]

SMALL = [*markup.BROKEN, *lesson.BROKEN, *course.BROKEN]
RICH = [*rich_steps.BROKEN, *rich_lesson.BROKEN, *rich_course.BROKEN]
SCRIPT = script.BROKEN
