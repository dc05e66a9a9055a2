"""Courses: the format for authors, its checks, the grading of programs, and what is published.

Knows neither the tutor nor the sandbox. From the top: the command and the admin, `models` (the
database), files to facts (`source`, `lesson_reader`) and back (`export`), the checks of a course's
programs (`program_checks`), grades (`grading`), the format (`schema`, `scalars`), facts (`facts`,
`steps`, `audience`), `languages`, and words and places for problems at the bottom. Only the
database, the admin and the command know Django.

Begin with `audience` and `steps`, which say who may see what; then `source.check` and `grading`.
`content/` holds the sample courses, `skeleton/` the one that `course new` writes.
"""
