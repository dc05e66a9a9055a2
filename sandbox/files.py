"""Files from a program's folder, as the host takes them: checked, and never trusted."""

import base64
import json
import struct
from dataclasses import dataclass
from typing import Any

from .inside.wire import WireError
from .text import printable

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
PNG_END = b"IEND\xaeB`\x82"
# Pictures with more pixels could be made to fill a browser's memory.
MOST_PIXELS = 16_000_000
# More than the supervisor ever sends.
MOST_FILES = 20

PNG, TEXT, DOWNLOAD = "image/png", "text/plain", "application/octet-stream"
# Text that a browser would not only show.
ACTIVE = (".svg", ".html", ".htm", ".xhtml", ".xml")


@dataclass(frozen=True)
class OutputFile:
    """A file; without content where `skipped` says why. Only a checked PNG may be shown inline."""

    name: str
    kind: str = DOWNLOAD
    data: bytes = b""
    skipped: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "size": len(self.data),
            "skipped": self.skipped,
            "content": base64.b64encode(self.data).decode(),
        }

    @classmethod
    def parse(cls, payload: bytes) -> "OutputFile":
        """Raises WireError if it is not what the supervisor sends."""
        head, _, data = payload.partition(b"\n")
        try:
            match json.loads(head):
                case {"name": str(name), "skipped": str(skipped), **rest} if not rest:
                    return cls._checked(printable(name), data, printable(skipped))
        except (ValueError, RecursionError):
            pass
        raise WireError("a file that cannot be read")

    @classmethod
    def _checked(cls, name: str, data: bytes, skipped: str) -> "OutputFile":
        if skipped:
            return cls(name, skipped=skipped)
        if not data.startswith(PNG_MAGIC):
            return cls(name, TEXT if _is_text(name, data) else DOWNLOAD, data)
        size = _png_size(data)
        if size is None:
            return cls(name, skipped="a damaged picture")
        if size[0] * size[1] > MOST_PIXELS:
            return cls(name, skipped=f"a picture of {size[0]} × {size[1]} pixels is too large")
        return cls(name, PNG, data)


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height, if the file begins and ends as a picture does."""
    if len(data) < 45 or data[12:16] != b"IHDR" or not data.endswith(PNG_END):
        return None
    width, height = struct.unpack(">II", data[16:24])
    return (width, height) if width and height else None


def _is_text(name: str, data: bytes) -> bool:
    if name.lower().endswith(ACTIVE) or b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"<svg" not in data[:1000].lower() and b"<html" not in data[:1000].lower()
