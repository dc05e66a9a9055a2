"""The order of a program's output and input. Pure."""

from collections.abc import Mapping

# Also the order of what is not in a transcript any more.
STREAMS = ("stdout", "stderr", "stdin")
# Changes from one stream to another beyond this are not recorded.
MOST_PIECES = 2000

# Which stream came next, and with how many characters.
Order = tuple[tuple[str, int], ...]


class Transcript:
    """Records the order of chunks; neighbours of one stream are one entry."""

    def __init__(self) -> None:
        self._order: list[tuple[str, int]] = []
        # Set when something had no place any more: what comes after it has none either.
        self._full = False

    def add(self, stream: str, text: str) -> None:
        if not text or self._full:
            return
        if self._order and self._order[-1][0] == stream:
            self._order[-1] = (stream, self._order[-1][1] + len(text))
        elif len(self._order) < MOST_PIECES:
            self._order.append((stream, len(text)))
        else:
            self._full = True

    def order(self) -> Order:
        return tuple(self._order)


def pieces(order: Order, texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """All of `texts`, by stream, exactly once: as `order` says, and then what it does not tell.

    No piece is empty, and no two neighbours are of one stream.
    """
    found: list[tuple[str, str]] = []
    begin = dict.fromkeys(STREAMS, 0)
    for stream, length in (*order, *((each, len(texts[each])) for each in STREAMS)):
        text = texts[stream][begin[stream] : begin[stream] + length]
        begin[stream] += len(text)
        if text and found and found[-1][0] == stream:
            found[-1] = (stream, found[-1][1] + text)
        elif text:
            found.append((stream, text))
    return found
