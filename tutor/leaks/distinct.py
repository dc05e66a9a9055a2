"""Which candidates are worth running: programs that can be parsed, each syntax tree once. Pure."""

import ast
from collections.abc import Collection
from typing import Final

from tutor.leaks.program import Program, indent_of, syntax_tree, tokens_of

# Characters that are parsed for one text: a thousand take about 0.5 ms.
MOST_PARSED: Final = 60_000
# Texts that are looked at, parsed or not.
MOST_TEXTS: Final = 3_000
# In a longer program only the statements at its top are parsed that a candidate changes.
_WHOLE: Final = 2_000


class Distinct:
    """Tells new programs from those that were seen, and from texts that are none; bounded."""

    def __init__(self, programs: Collection[Program], tried: Collection[str]) -> None:
        self._texts = {one.text for one in programs}
        self._keys = {_key_of(one.text) for one in programs if len(one.text) <= _WHOLE}
        self._tried = tried
        self._parsed = 0

    @property
    def is_exhausted(self) -> bool:
        """True when nothing more is looked at."""
        return self._parsed >= MOST_PARSED or len(self._texts) >= MOST_TEXTS

    def key(self, text: str, program: Program) -> str | None:
        """A key for the syntax tree of `text`, which was made of `program`; None if it is no
        program, or one that was seen."""
        if self.is_exhausted or text in self._texts:
            return None
        self._texts.add(text)
        key = self._tree_key(text, program)
        if key is None or key in self._keys:
            return None
        self._keys.add(key)
        return None if key in self._tried else key

    def _tree_key(self, text: str, program: Program) -> str | None:
        if len(text) <= _WHOLE or program.tree is None or not program.tree.body:
            self._parsed += len(text)
            return _key_of(text)
        above, block, below = _changed(text, program)
        self._parsed += len(block)
        key = _key_of(block)
        return None if key is None else f"{above} {key} {below}"


def _key_of(text: str) -> str | None:
    """A key for the syntax tree; None for no program. Of a long one it tells layout apart, too."""
    tree = syntax_tree(text)
    if tree is None:
        return None
    if len(text) > _WHOLE:
        return "\n".join(f"{indent_of(one)}{tokens_of(one)}" for one in text.splitlines() if one)
    try:
        return ast.dump(tree)
    except RecursionError:
        return None


def _changed(text: str, program: Program) -> tuple[int, str, int]:
    """The statements at the top that differ; how many lines stand above them, and below."""
    lines, own = text.splitlines(), program.lines
    same = min(len(lines), len(own))
    above = next((n for n in range(same) if lines[n] != own[n]), same)
    most = same - above
    below = next((n for n in range(most) if lines[-1 - n] != own[-1 - n]), most)
    assert program.tree is not None
    spans = [(one.lineno, one.end_lineno or one.lineno) for one in program.tree.body]
    first = max((a for a, _ in spans if a <= above + 1), default=1)
    last = min((b for _, b in spans if b >= len(own) - below), default=len(own))
    return first - 1, "\n".join(lines[first - 1 : len(lines) - (len(own) - last)]), len(own) - last
