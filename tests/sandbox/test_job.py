"""What may be run."""

import math
from typing import Any

import pytest

from sandbox.cases import CallCase, StdinCase
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


@pytest.mark.parametrize(
    "name",
    ["../x", "/abs", "a/b", "", ".", "..", ".hidden", "x" * 65, "x" * 300, "a\nb", "a\0", "ä.txt",
     "main.py", "-rf", "a b", "1.py"],
    ids=ascii,
)  # fmt: skip
def test_a_file_with_a_name_that_is_not_plain_is_refused(name: str) -> None:
    with pytest.raises(JobError, match="A file cannot be called") as refused:
        Job("", files=((name, ""),))
    assert len(str(refused.value)) < 400
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ({"files": (("a", ""), ("a", ""))}, "same name"),
        ({"files": tuple((f"f{n}", "") for n in range(21))}, "21 files"),
        ({"files": (("a", "x" * 300_000),)}, "file a is 300,000 bytes"),
        ({"cases": (CallCase("f()"),) * 201}, "201 test cases"),
        ({"cases": (StdinCase("x" * 300_000),)}, "input of a test case is 300,000 bytes"),
        ({"limits": Limits(memory_bytes=2**31)}, "cannot have 2,048 MB"),
        ({"limits": Limits(memory_bytes=0)}, "cannot have 0 MB"),
        ({"limits": Limits(processes=257)}, "cannot have 257 processes"),
        ({"limits": Limits(wall_s=1e300)}, "more than 6 hours"),
        ({"limits": Limits(session_s=math.nan)}, "more than 6 hours"),
    ],
    ids=["twice", "many", "large", "cases", "input", "memory", "none", "processes", "time", "nan"],
)  # fmt: skip
def test_too_much_of_anything_is_refused(job: dict[str, Any], words: str) -> None:
    with pytest.raises(JobError, match=words):
        Job("", **job)
