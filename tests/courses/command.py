"""`manage.py course` as a test calls it."""

import io

import pytest
from django.core.management import call_command

from tutor.management.commands.course import Command


def run(*args: str) -> tuple[object, str, str]:
    """Exit code, stdout and stderr of `manage.py course ARGS`."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    try:
        call_command("course", *args, stdout=out, stderr=err, no_color=True)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), err.getvalue()


def exit_code(*args: str) -> object:
    """How `manage.py course ARGS` ends in a shell; closes the connection to the database."""
    with pytest.raises(SystemExit) as end:
        Command().run_from_argv(["manage.py", "course", *args])
    return end.value.code
