"""The small courses of tests/courses, for commands that run their programs."""

from tests.courses.conftest import files, rich_files, script_files

__all__ = ["files", "rich_files", "script_files"]
