"""What a measurement prints: the machine it ran on, and tables in Markdown."""

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Table:
    """Numbers with a heading. The first column is text, the others stand to the right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        grid = [self.columns, *self.rows]
        widths = [max(len(row[column]) for row in grid) for column in range(len(self.columns))]
        rule = [
            "-" * width if column == 0 else "-" * (width - 1) + ":"
            for column, width in enumerate(widths)
        ]
        lines = [_line(row, widths) for row in (self.columns, rule, *self.rows)]
        return "\n".join([f"### {self.title}", "", *lines, ""])


def write(*parts: object) -> None:
    """Print to whoever runs the measurement, at once."""
    for part in parts:
        sys.stdout.write(f"{part}\n")
    sys.stdout.flush()


def machine() -> str:
    """What the numbers depend on, in one line."""
    words = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    model = next((value.strip() for key, _, value in words if key.startswith("model name")), "?")
    busy = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}, loopback; "
        f"load of the machine before the run: {busy:.1f}"
    )


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lie; 0 if there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return percentile(values, 0.5)


def slope(values: Sequence[float]) -> float:
    """By how much `values` grow from one to the next, by least squares."""
    count = len(values)
    middle, mean = (count - 1) / 2, sum(values) / count
    weight = sum((place - middle) ** 2 for place in range(count))
    return sum((place - middle) * (value - mean) for place, value in enumerate(values)) / weight


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join([first, *others])} |"
