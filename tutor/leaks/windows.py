"""A long output, cut into texts that are short enough to be read as a whole. Pure."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

# Well below what is read of a text: `markdown.MOST_CHARACTERS`, `fragments.MOST_LINES`.
MOST_CHARACTERS: Final = 8_000
MOST_LINES: Final = 240
# So many lines at the end of one stand at the beginning of the next one too.
COMMON_LINES: Final = 60
# Of a longer text, so often a line counts: a loop prints it over and over.
MOST_OFTEN: Final = 3


def windows(text: str) -> list[str]:
    """The text; and if it is long its lines that hold any letters, in windows that overlap."""
    lines = text.splitlines()
    if len(text) <= MOST_CHARACTERS and len(lines) <= MOST_LINES:
        return [text]
    return [text, *_windows(list(_telling(lines)))]


def _telling(lines: list[str]) -> Iterator[str]:
    """The lines that may tell of a program, no longer than a window."""
    often: Counter[str] = Counter()
    for line in lines:
        often[line] += 1
        if often[line] <= MOST_OFTEN and any(map(str.isalpha, line)):
            for first in range(0, len(line), MOST_CHARACTERS):
                yield line[first : first + MOST_CHARACTERS]


def _windows(lines: list[str]) -> Iterator[str]:
    window: list[str] = []
    size = fresh = 0
    for line in lines:
        if window and (len(window) >= MOST_LINES or size + len(line) >= MOST_CHARACTERS):
            yield "\n".join(window)
            window = window[-COMMON_LINES:]
            while window and sum(map(len, window)) + len(line) > MOST_CHARACTERS // 2:
                del window[0]
            size, fresh = sum(len(one) + 1 for one in window), 0
        window.append(line)
        size, fresh = size + len(line) + 1, fresh + 1
    if fresh:
        yield "\n".join(window)
