"""What may be run."""

import pytest

from sandbox.job import Job, JobError, Limits


@pytest.mark.parametrize(
    ("code", "stdin", "words"),
    [
        ("print(1)\0", "", "NUL character"),
        ("x" * (256 * 1024 + 1), "", "program is 262,145 bytes long"),
        ("ä" * (128 * 1024) + "x", "", "program is 262,145 bytes long"),
        ("", "x" * (1024 * 1024 + 1), "input is 1,048,577 bytes long"),
        ("'\ud800'", "", "half a character"),
        ("", "\udfff", "half a character"),
    ],
)
def test_a_job_that_must_not_start_is_refused_with_a_reason(
    code: str, stdin: str, words: str
) -> None:
    with pytest.raises(JobError, match=words):
        Job(code, stdin)


def test_a_job_at_its_limits_is_accepted() -> None:
    assert Job("x" * Limits().code_bytes, "\r\n\t").limits == Limits()
