"""The output of `manage.py sandbox check`, `pool` and `reap`, in lines for a person."""

import contextlib
import time
from collections.abc import Iterator, Sequence

from django.conf import settings

from . import container, selftest
from .job import Status
from .languages import Language
from .owner import is_dead

FAILED, UNAVAILABLE = 1, 69


def check(language: Language) -> tuple[list[str], int]:
    """The self-test as a table, and the exit code."""
    findings, result = selftest.examine(language.image(settings.SANDBOX_IMAGE))
    if result.status is Status.UNAVAILABLE:
        return [result.message], UNAVAILABLE
    rows = [(finding.name, _verdict(finding), finding.seen) for finding in findings]
    wrong = sum(not finding.ok and not finding.is_slow for finding in findings)
    slow = sum(finding.is_slow for finding in findings)
    if wrong:
        return [*_table(rows), f"{wrong} of {len(findings)} failed: no program is run."], FAILED
    if slow:
        last = f"{slow} of {len(findings)} cannot be told: this machine is too busy. Try again."
        return [*_table(rows), last], UNAVAILABLE
    return [*_table(rows), "All is well."], 0


def _verdict(finding: selftest.Finding) -> str:
    if finding.is_slow:
        return "too slow"
    return "ok" if finding.ok else "FAILED"


def pool() -> tuple[list[str], int]:
    """All containers there are, and whose; the exit code."""
    try:
        with contextlib.closing(container.connect()) as engine:
            found = sorted(container.find(engine), key=lambda each: (each.owner, each.created))
    except container.ENGINE_ERRORS as error:
        return [f"The pool cannot be looked at: {container.describe_error(error)}"], UNAVAILABLE
    now = time.time()
    rows = [("owner", "image", "state", "age", "at most")] + [
        (
            f"{each.owner} (dead)" if is_dead(each.owner) else each.owner,
            each.image,
            "running" if each.running else "not running",
            f"{now - each.created:.0f} s",
            f"{each.deadline - each.created:.0f} s",
        )
        for each in found
    ]
    lines = list(_table(rows)) if found else []
    return [*lines, f"{len(found)} containers of {len({each.owner for each in found})} owners"], 0


def reap() -> tuple[list[str], int]:
    """What was removed; the exit code."""
    try:
        container.connect().close()
    except container.ENGINE_ERRORS as error:
        return [f"Nothing can be removed: {container.describe_error(error)}"], UNAVAILABLE
    return [f"{container.sweep(None)} containers removed"], 0


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
