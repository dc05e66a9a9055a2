"""Sealed content, which only the emulator reads, and what it stands for. Pure.

A seal says nothing to whoever carries it, and breaks if it is changed. It holds its content
itself, so that an emulator that was started again still opens it.
"""

import hashlib
import hmac
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, Final

from tutor.emulator.model import Item

PREFIX: Final = "gAAAAA"
# Against changes by mistake, not against anybody who reads this.
KEY: Final = b"sealed by the emulator"
DIGEST_BYTES: Final = 16
# What a compaction keeps at most of what was said: the newest items, as JSON.
MAX_KEPT_BYTES: Final = 64 * 1024


def seal(document: Any) -> str:
    packed = zlib.compress(json.dumps(document, ensure_ascii=True).encode())
    return PREFIX + urlsafe_b64encode(_digest(packed) + packed).decode()


def unseal(text: str) -> Any:
    """What was sealed, or None where the seal is broken."""
    try:
        data = urlsafe_b64decode(text.removeprefix(PREFIX).encode())
        digest, packed = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
        whole = text.startswith(PREFIX) and hmac.compare_digest(digest, _digest(packed))
        return json.loads(zlib.decompress(packed)) if whole else None
    except (ValueError, zlib.error):
        return None


def compact(items: Sequence[Item], item_id: str) -> Item:
    """The compaction item that stands for a conversation."""
    kept: list[Item] = []
    size = 0
    for item in reversed(expand(items)):
        size += len(json.dumps(item))
        if size > MAX_KEPT_BYTES and kept:
            break
        kept.append(item)
    return {"id": item_id, "type": "compaction", "encrypted_content": seal(kept[::-1])}


def expand(items: Sequence[Item]) -> tuple[Item, ...]:
    """What the model knows of a conversation: a compaction item tells all that came before it."""
    for index in range(len(items) - 1, -1, -1):
        if items[index]["type"] == "compaction":
            return (*(unseal(items[index]["encrypted_content"]) or ()), *items[index + 1 :])
    return tuple(items)


def since_compaction(items: Sequence[Item]) -> tuple[Item, ...]:
    """The newest compaction item and what came after it; all items if there is none."""
    for index in range(len(items) - 1, -1, -1):
        if items[index]["type"] == "compaction":
            return tuple(items[index:])
    return tuple(items)


def retained(items: Sequence[Item], new_id: Any) -> list[Item]:
    """The user's messages, as a compacted conversation begins with them."""
    return [
        {
            "id": item.get("id") or new_id("msg"),
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": _parts(item["content"]),
        }
        for item in items
        if item["type"] == "message" and item["role"] == "user"
    ]


def _parts(content: Any) -> Any:
    return [{"type": "input_text", "text": content}] if isinstance(content, str) else content


def _digest(packed: bytes) -> bytes:
    return hmac.digest(KEY, packed, hashlib.sha256)[:DIGEST_BYTES]
