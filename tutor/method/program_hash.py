"""The hash that tells whether two programs are the same one. Pure."""

import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Final

from courses.languages import language_of

# Programs and files that are parsed, together: 0.3 s of work. Of longer ones the text counts.
MAX_PARSED_CHARS: Final = 64_000
# Texts whose hash is remembered: a program is hashed at each of a page's views of it.
REMEMBERED: Final = 256


def program_hash(code: str, files: Mapping[str, str], language: str) -> str:
    """SHA-256 in hex of a program and the student's files beside it.

    Of the syntax trees where the language is parsed, so that comments and blank lines make no other
    program; of the text otherwise, or where it does not parse or is very long. Never raises.
    """
    is_short = len(code) + sum(map(len, files.values())) <= MAX_PARSED_CHARS
    parsed = language if is_short else ""
    suffix = language_of(language).suffix
    beside = [
        [path, _hash(text, parsed if path.endswith(suffix) else "")]
        for path, text in sorted(files.items())
    ]
    return _sha(json.dumps([language, _hash(code, parsed), beside]))


@functools.lru_cache(REMEMBERED)
def _hash(text: str, language: str) -> str:
    """Of the tree in a language that is parsed; of the text where `language` is none."""
    syntax = language_of(language).syntax
    tree = syntax.tree(text) if syntax else None
    return _sha(json.dumps(["text", text] if tree is None else ["tree", tree]))


def _sha(text: str) -> str:
    """Of JSON, which is ASCII whatever characters stand in it."""
    return hashlib.sha256(text.encode()).hexdigest()
