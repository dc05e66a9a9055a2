"""Broken `course.yaml` of the small course, and lessons that it lists."""
# ruff: noqa: E501 - messages stand whole, so that they can be searched for

from tests.courses.broken.row import Row

COURSE = "course.yaml"

BROKEN: list[Row] = [
    (
        "a lesson twice",
        COURSE,
        "  - second",
        "  - first",
        ["course.yaml:8:5: The lesson `first` stands twice in this list."],
    ),
    (
        "a misspelt lesson",
        COURSE,
        "  - second",
        "  - secnd",
        ["course.yaml:8:5: There is no file `secnd/lesson.yaml` here. Did you mean `second`?"],
    ),
    (
        "a lesson outside",
        COURSE,
        "  - second",
        "  - ../second",
        [
            "course.yaml:8:5: `../second` is not the name of a lesson's folder: letters, digits, hyphens, underscores."
        ],
    ),
    (
        "a lesson's id twice",
        "second/lesson.yaml",
        "id: second",
        "id: first",
        ["second/lesson.yaml:1:5: The lesson in `first` has the id `first` already."],
    ),
    (
        "a misspelt language",
        COURSE,
        "language: python",
        "language: pyhton",
        ["course.yaml:3:11: The language `pyhton` is not supported. Did you mean `python`?"],
    ),
    (
        "a language like no other",
        COURSE,
        "language: python",
        "language: fortran",
        [
            "course.yaml:3:11: The language `fortran` is not supported. There are `python`, `javascript`."
        ],
    ),
    (
        "a number as the language",
        COURSE,
        "language: python",
        "language: 3",
        ["course.yaml:3:11: `language` must be 'python' or 'javascript', not the number 3."],
    ),
    (
        "instructions in a file that is not there",
        COURSE,
        "instructions: Be kind.",
        "instructions: tutor.md",
        ["course.yaml:5:15: There is no file `tutor.md` here."],
    ),
    (
        "no lessons",
        COURSE,
        "lessons:\n  - first\n  - second\n",
        "lessons:\n",
        ["course.yaml:6:1: `lessons` is empty; it must be a list."],
    ),
    (
        "an empty list of lessons",
        COURSE,
        "lessons:\n  - first\n  - second\n",
        "lessons: []\n",
        ["course.yaml:6:10: `lessons` is empty; it needs at least 1 entry."],
    ),
    (
        "a list as the course",
        COURSE,
        None,
        "- a\n",
        ["course.yaml:1:1: The file must be a mapping of keys, not a list."],
    ),
    (
        "a word as the course",
        COURSE,
        None,
        "hello",
        ["course.yaml:1:1: The file must be a mapping of keys, not text."],
    ),
]
