"""Server-sent events, split as their standard says: at CR, LF and CRLF, and at nothing else. Pure.

Lines as Python has them end at U+2028 and its like too, which stand in JSON as they are.
"""

import re
from typing import Final

BOM: Final = b"\xef\xbb\xbf"
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


class EventDecoder:
    """The data of the events in a stream that comes in chunks, cut anywhere."""

    def __init__(self) -> None:
        # The line that has not ended, in pieces; and the lines of data of the present event.
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._is_first_line = True
        # Whether the last chunk ended with a CR: an LF behind it belongs to it.
        self._ended_with_cr = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of each event that has ended by now."""
        if self._ended_with_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._ended_with_cr = False
        if chunk:
            self._ended_with_cr = chunk.endswith(b"\r")
        events = []
        first, *lines = _LINE_END.split(chunk)
        self._line.append(first)
        for line in lines:
            events += self._take(b"".join(self._line))
            self._line = [line]
        return events

    def end(self) -> list[bytes]:
        """The same once the stream is over: servers leave out the empty line behind the last."""
        return [*self._take(b"".join(self._line)), *self._take(b"")]

    def _take(self, line: bytes) -> list[bytes]:
        if self._is_first_line:
            line, self._is_first_line = line.removeprefix(BOM), False
        if line:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            return []
        data, self._data = self._data, []
        return [b"\n".join(data)] if data else []
