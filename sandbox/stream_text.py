"""The output of one stream as text: cut to its limit, safe to store. Pure."""

import codecs
import re

from .inside.wire import OWN_DIR, WireError
from .text import storable

# Lines of a printed stack that are the supervisor's, and those that belong to the one before.
OURS = f'  File "{OWN_DIR}/'
BELOW = "    "
# Bytes that go on with a character of UTF-8, of which the end of a text may have lost the first.
CONTINUATION = re.compile(rb"\A[\x80-\xbf]{0,3}")


class StreamText:
    """The beginning of a stream, at most `limit` bytes."""

    def __init__(self, limit: int) -> None:
        # A character may arrive in two chunks.
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._room = limit
        self._texts: list[str] = []

    def add(self, data: bytes) -> str:
        """The text that comes with it. Raises WireError for more than the limit."""
        if len(data) > self._room:
            raise WireError("more output than the supervisor may pass on")
        self._room -= len(data)
        return self._append(self._decode(data))

    def end(self) -> str:
        """The rest of the text when no more data will come. Ask before the whole."""
        # A character that the limit has cut in two is left out.
        return self._append(self._decode(b"", True) if self._room else "")

    def whole(self) -> str:
        return "".join(self._texts)

    def _append(self, text: str) -> str:
        text = storable(text)
        self._texts.append(text)
        return text


class ErrorText:
    """Standard error: its beginning, and at most `tail` bytes of its end, at most `limit` bytes in
    all. Where a stack is printed, the supervisor's part of it is left out."""

    def __init__(self, limit: int, tail: int) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._limit, self._most = limit, tail
        # Bytes of the beginning that may still come; then what came of the end.
        self._room = limit - tail
        self._tail = bytearray()
        self._filter = StackFilter()
        self._texts: list[str] = []

    def add(self, data: bytes) -> str:
        """The text that comes with it; of the end of a stream that is too long there is none yet.
        Raises WireError for more than the limit."""
        head = data[: self._room]
        self._room -= len(head)
        self._tail += data[len(head) :]
        if len(self._tail) > self._most:
            raise WireError("more output than the supervisor may pass on")
        return self._append(self._decode(head))

    def end(self, written: int) -> str:
        """The rest of the text; `written` is how many bytes the program has written in all, 0 if
        that is not known."""
        if written > self._limit:
            text = CONTINUATION.sub(b"", self._tail).decode("utf-8", "replace")
            text = f"\n… {written - self._limit:,} bytes are left out …\n{text}"
            return self._append(text.removeprefix("\n" if self._ends_a_line() else ""), last=True)
        is_all = bool(self._room or written)
        return self._append(self._decode(self._tail, is_all), last=True)

    def whole(self) -> str:
        return "".join(self._texts)

    def _ends_a_line(self) -> bool:
        return self.whole().endswith("\n")

    def _append(self, text: str, *, last: bool = False) -> str:
        text = self._filter.passed(storable(text), last=last)
        self._texts.append(text)
        return text


class StackFilter:
    """Takes the supervisor's frames out of a text that comes in pieces: the line of each, and the
    lines of its source below. What may become such a line is held back until that is known."""

    def __init__(self) -> None:
        # The beginning of a line that is held back.
        self._held = ""
        # Whether the beginning of this line has been passed on, and whether the last was ours.
        self._begun = self._ours = False

    def passed(self, text: str, *, last: bool = False) -> str:
        """What can be passed on now; everything else with the `last` piece."""
        *lines, rest = (self._held + text).split("\n")
        passed = [self._line(f"{line}\n") for line in lines]
        self._held = ""
        if rest and not last and not self._begun and self._may_be_ours(rest):
            self._held = rest
        elif rest:
            passed.append(self._line(rest))
            self._begun = True
        return "".join(passed)

    def _line(self, line: str) -> str:
        begun, self._begun = self._begun, False
        self._ours = not begun and line.startswith((OURS, BELOW) if self._ours else OURS)
        return "" if self._ours else line

    def _may_be_ours(self, rest: str) -> bool:
        starts = (OURS, BELOW) if self._ours else (OURS,)
        return any(rest.startswith(each) or each.startswith(rest) for each in starts)
