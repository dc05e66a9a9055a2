"""Broken `course.yaml` of the course in `rich.py`."""
# ruff: noqa: E501 - messages stand whole, so that they can be searched for

from tests.courses.broken.row import Row

COURSE = "course.yaml"

BROKEN: list[Row] = [
    (
        "a skill twice",
        COURSE,
        "id: sums",
        "id: values",
        [
            "course.yaml:10:47: The prerequisites go round in a circle: `loops` → `values` → `loops`.",
            "course.yaml:11:10: The id `values` stands twice in this list.",
        ],
    ),
    (
        "a prerequisite that is no skill",
        COURSE,
        "prerequisites: [values]",
        "prerequisites: [vaules]",
        ["course.yaml:10:47: There is no skill `vaules` here. Did you mean `values`?"],
    ),
    (
        "skills in a circle",
        COURSE,
        "{id: values, title: Values}",
        "{id: values, title: Values, prerequisites: [sums]}",
        [
            "course.yaml:9:49: The prerequisites go round in a circle: `values` → `sums` → `loops` → `values`."
        ],
    ),
    (
        "a skill that needs itself",
        COURSE,
        "{id: values, title: Values}",
        "{id: values, title: Values, prerequisites: [values]}",
        ["course.yaml:9:49: The prerequisites go round in a circle: `values` → `values`."],
    ),
    (
        "a word that is no support",
        COURSE,
        "support: high",
        "support: maximal",
        ["course.yaml:12:18: `support` must be 'low', 'medium', 'high' or 'open', not `maximal`."],
    ),
    (
        "an effort that there is not",
        COURSE,
        "reasoning_effort: none",
        "reasoning_effort: tiny",
        [
            "course.yaml:18:21: `reasoning_effort` must be 'none', 'minimal', 'low', 'medium', 'high', 'xhigh' or 'max', not `tiny`."
        ],
    ),
    (
        "a tier that only a site may pay for",
        COURSE,
        "service_tier: flex",
        "service_tier: priority",
        ["course.yaml:22:17: `service_tier` must be 'default' or 'flex', not `priority`."],
    ),
    (
        "a cap under which no answer fits",
        COURSE,
        "max_answer_tokens: 1200",
        "max_answer_tokens: 150",
        ["course.yaml:20:22: `max_answer_tokens` is 150; it must be at least 200."],
    ),
    (
        "a cap in another currency",
        COURSE,
        "max_answer_tokens: 1200",
        "max_output_tokens: 1200",
        [
            "course.yaml:20:3: There is no key `max_output_tokens`. Did you mean `max_answer_tokens`?"
        ],
    ),
    (
        "more runs than a turn has",
        COURSE,
        "runs_per_turn: 3",
        "runs_per_turn: 11",
        ["course.yaml:21:18: `runs_per_turn` is 11; it must be at most 10."],
    ),
    (
        "a misspelt policy",
        COURSE,
        "max_hint_level: 2",
        "max_hints: 2",
        ["course.yaml:12:24: There is no key `max_hints`. Did you mean `max_hint_level`?"],
    ),
    (
        "a hint level too high",
        COURSE,
        "max_hint_level: 2",
        "max_hint_level: 12",
        ["course.yaml:12:40: `max_hint_level` is 12; it must be at most 9."],
    ),
    (
        "no messages a day",
        COURSE,
        "messages_per_day: 60",
        "messages_per_day: 0",
        ["course.yaml:13:28: `messages_per_day` is 0; it must be at least 1."],
    ),
    (
        "a misspelt quota",
        COURSE,
        "messages_per_day: 60",
        "message_per_day: 60",
        ["course.yaml:13:10: There is no key `message_per_day`. Did you mean `messages_per_day`?"],
    ),
    (
        "a misspelt image",
        COURSE,
        "image: plots",
        "image: plot",
        ["course.yaml:5:8: There is no image `plot`. Did you mean `plots`?"],
    ),
    (
        "an image like no other",
        COURSE,
        "image: plots",
        "image: school/python:3.12",
        [
            "course.yaml:5:8: There is no image `school/python:3.12`. There is `plots`; leave it out for the usual one."
        ],
    ),
    (
        "a number as the image",
        COURSE,
        "image: plots",
        "image: 7",
        ["course.yaml:5:8: `image` must be 'plots', not the number 7."],
    ),
    (
        "a release in words",
        COURSE,
        "release: 2027-01-31T08:00",
        "release: tomorrow",
        [
            "course.yaml:16:14: `tomorrow` is not a day like 2027-01-31 or a time like 2027-01-31T08:00."
        ],
    ),
    (
        "a release on a day that does not exist",
        COURSE,
        "release: 2027-01-31T08:00",
        "release: 2027-02-31",
        ["course.yaml:16:14: `2027-02-31` is not a day or time of the calendar."],
    ),
    (
        "a listed lesson without a release",
        COURSE,
        "\n    release: 2027-01-31T08:00",
        "",
        ["course.yaml:15:5: The key `release` is missing here."],
    ),
    (
        "a listed lesson that is not there",
        COURSE,
        "folder: all",
        "folder: al",
        ["course.yaml:15:13: There is no file `al/lesson.yaml` here. Did you mean `all`?"],
    ),
    (
        "a number as a lesson",
        COURSE,
        "  - folder: all\n    release: 2027-01-31T08:00",
        "  - 7",
        ["course.yaml:15:5: Entry 1 of `lessons` must be a mapping of keys, not the number 7."],
    ),
]
