"""Programs of a batch as JSON: each as what differs from one text, each case once. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from .cases import CaseJob, ProgramCase, case_from_json


def difference(base: str, text: str) -> tuple[int, int, str]:
    """Start, end and middle: `text` is base[:start] + middle + base[end:], nothing in common."""
    most = min(len(base), len(text))
    start = _common(base, text, most)
    same = _common(base[::-1], text[::-1], most - start)
    return start, len(base) - same, text[start : len(text) - same]


def _common(one: str, other: str, most: int) -> int:
    """How many characters both begin with, at most so many."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def to_json(base: str, tried: Sequence[ProgramCase]) -> dict[str, Any]:
    """The programs, with whatever several of them share only once."""
    programs: dict[str, int] = {}
    cases: dict[CaseJob, int] = {}
    places = [
        [
            programs.setdefault(each.program, len(programs)),
            cases.setdefault(each.case, len(cases)),
            each.wall_s,
        ]
        for each in tried
    ]
    return {
        "base": base,
        "programs": [list(difference(base, program)) for program in programs],
        "cases": [case.to_json() for case in cases],
        "tried": places,
    }


def from_json(data: Mapping[str, Any]) -> list[ProgramCase]:
    """What `to_json` was given. Raises ValueError for anything else."""
    match data:
        case {"base": str(base), "programs": [*patches], "cases": [*cases], "tried": [*places]}:
            pass
        case _:
            raise ValueError("no batch of programs")
    try:
        programs = [base[:start] + middle + base[end:] for start, end, middle in patches]
        jobs = [case_from_json(case) for case in cases]
        return [ProgramCase(programs[one], jobs[other], wall_s) for one, other, wall_s in places]
    except (TypeError, IndexError):
        raise ValueError("a batch of programs that cannot be read") from None
