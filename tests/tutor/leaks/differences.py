"""The difference between a wrong program and the solution, said in the forms that tutors use."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from tutor.leaks.tokens import TOKEN


@dataclass(frozen=True)
class Hunk:
    """Lines of the wrong program from `first`, and the solution's in their place; either may be
    none. `above` is the line before them."""

    first: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    above: str


def hunks(wrong: str, solution: str) -> list[Hunk]:
    """The differences line by line, without those in blank lines and comments."""
    ours, theirs = _lines(wrong), _lines(solution)
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    found = [
        Hunk(a + 1, tuple(ours[a:b]), tuple(theirs[c:d]), ours[a - 1] if a else "")
        for kind, a, b, c, d in matcher.get_opcodes()
        if kind != "equal"
    ]
    return [one for one in found if any(line.strip() for line in (*one.old, *one.new))]


def messages(wrong: str, solution: str) -> dict[str, tuple[str, ...]]:
    """By form: what a tutor says, the last message solving the step; of several the first ones
    are earlier. What JavaScript has no word for is not said in it."""
    found = hunks(wrong, solution)
    forms = {
        "whole": (f"Here is how I would write it:\n\n{_fence(solution)}\nCompare it with yours.",),
        "changed lines": (" ".join(map(_changed, found)),),
        "pairs": ("\n".join(line for one in found for line in _pairs(one)),),
        "replace in prose": (" ".join(line for one in found for line in _prose(one)),),
        "two messages": _two_messages(found),
        "other language": (_elsewhere(found, solution),),
    }
    if re.search(r"^\s*(?:with|try|import|from)\b", solution, re.MULTILINE):
        del forms["other language"]
    return forms


# Forms -------------------------------------------------------------------------------------------


def _changed(one: Hunk) -> str:
    if not one.new:
        return f"Delete {_line_names(one)}.\n"
    where = f"In place of {_line_names(one)}" if one.old else f"After line {one.first - 1}"
    return f"{where} comes this:\n\n{_fence(chr(10).join(one.new))}\n"


def _pairs(one: Hunk) -> Iterator[str]:
    moved = any(a.strip() == b.strip() for a, b in zip(one.old, one.new, strict=False))
    old, new = (_fence("\n".join(lines), "  ") for lines in (one.old, one.new))
    if len(one.old) == len(one.new) and not moved:
        for a, b in zip(one.old, one.new, strict=True):
            yield f"- `{a.strip()}` -> `{b.strip()}`"
    elif not one.new:
        yield from (f"- remove `{line.strip()}`" for line in one.old)
    elif not one.old:
        yield f"- after `{one.above.strip()}` add\n\n{new}"
    else:
        yield f"- instead of\n\n{old}\n  write\n\n{new}"


def _prose(one: Hunk) -> Iterator[str]:
    if not one.new:
        yield f"Remove {_line_names(one)}."
    elif len(one.old) == len(one.new):
        for number, (old, new) in enumerate(zip(one.old, one.new, strict=True), one.first):
            if old.split() == new.split():
                verb = "Indent" if len(new) > len(old) else "Dedent"
                yield f"{verb} line {number}."
            elif old != new:
                a, b = least_difference(old, new)
                yield f"In line {number}, replace `{a}` by `{b}`."
    else:
        where = (
            f"Replace {_line_names(one)} by" if one.old else f"Below line {one.first - 1} insert"
        )
        yield f"{where}\n\n{_fence(chr(10).join(one.new))}\n"


def _two_messages(found: list[Hunk]) -> tuple[str, ...]:
    """Half of the differences first; of a single line its beginning first."""
    if len(found) > 1:
        half = len(found) // 2
        return " ".join(map(_changed, found[:half])), " ".join(map(_changed, found[half:]))
    [one] = found
    if len(one.new) > 1:
        half = len(one.new) // 2
        parts = ("\n".join(some) for some in (one.new[:half], one.new[half:]))
        first, second = (_fence(part) for part in parts)
        return f"That part begins with\n\n{first}", f"and it goes on with\n\n{second}"
    if not one.new:
        return f"One line is too many: {_line_names(one)}.", f"Delete {_line_names(one)}."
    words = [found[0] for found in TOKEN.finditer(one.new[0])]
    half = len(words) // 2
    start, rest = " ".join(words[:half]), one.new[0].strip()
    return (
        f"Line {one.first} begins with `{start}`.",
        f"And the whole of that line is `{rest}`." if half < 2 else _rest(rest, words, half),
    )


def _rest(line: str, words: list[str], half: int) -> str:
    return f"Then come `{' '.join(words[half:])}`, so that it reads {line}."


def _elsewhere(found: list[Hunk], solution: str) -> str:
    """The line in JavaScript; the whole program if more than one line differs."""
    lines = [line for one in found for line in one.new]
    is_a_line = len(found) == len(lines) == 1
    code = javascript(lines[0].strip() if is_a_line else solution)
    return f"In JavaScript one would write:\n\n{_fence(code, language='js')}\n"


_JAVASCRIPT: Final = (
    (r"^(\s*)def (\w+)\((.*)\):$", r"\1function \2(\3) {"),
    (r"^(\s*)for (\w+) in range\((\w+)\):$", r"\1for (let \2 = 0; \2 < \3; \2++) {"),
    (r"^(\s*)for (\w+) in (.+):$", r"\1for (const \2 of \3) {"),
    (r"^(\s*)elif (.+):$", r"\1} else if (\2) {"),
    (r"^(\s*)(if|while) (.+):$", r"\1\2 (\3) {"),
    (r"^(\s*)else:$", r"\1} else {"),
    (r"\b(\w+) is None\b", r"\1 == null"),
    (r"\blen\((\w+)\)", r"\1.length"),
    (r"\band\b", "&&"), (r"\bor\b", "||"), (r"\bnot (?!in\b)", "!"),
    (r"\bTrue\b", "true"), (r"\bFalse\b", "false"), (r"\bNone\b", "null"),
    (r"(?<![=!<>])==", "==="), (r"!=(?!=)", "!=="),
    (r"(\w+) \+= 1$", r"\1++"),
)  # fmt: skip


def javascript(code: str) -> str:
    """A program or a line of Python in the syntax of JavaScript, as far as that goes."""
    depths: list[int] = []
    out: list[str] = []
    for python in code.splitlines():
        depth = len(python) - len(python.lstrip())
        while python.strip() and depths and depth <= depths[-1]:
            out.append(f"{' ' * depths.pop()}}}")
        line = python
        for pattern, put in _JAVASCRIPT:
            line = re.sub(pattern, put, line)
        is_open = line.endswith(("{", ",", "(", "["))
        out.append(line if is_open or not line.strip() else f"{line};")
        if line.endswith("{"):
            depths.append(depth)
    # `} else {` closes by itself what was closed before it.
    text = "\n".join([*out, *(f"{' ' * depth}}}" for depth in reversed(depths))])
    return re.sub(r"\}\n(\s*)\} else", r"} else", text) if "\n" in code else out[0]


# Parts -------------------------------------------------------------------------------------------


def least_difference(old: str, new: str) -> tuple[str, str]:
    """The parts in which two lines differ, as whole tokens, neither of them empty."""
    ones, others = list(TOKEN.finditer(old)), list(TOKEN.finditer(new))
    a, b = [one[0] for one in ones], [one[0] for one in others]
    start = next(
        (n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
    most = min(len(a), len(b)) - start
    end = next((n for n in range(most) if a[-1 - n] != b[-1 - n]), most)
    while start and min(len(a), len(b)) - start - end < 1:
        start -= 1
    while end and min(len(a), len(b)) - start - end < 1:
        end -= 1
    spans = ((old, ones[start : len(a) - end]), (new, others[start : len(b) - end]))
    one, other = (text[part[0].start() : part[-1].end()] for text, part in spans)
    return one, other


def _line_names(one: Hunk) -> str:
    last = one.first + len(one.old) - 1
    return f"line {one.first}" if last == one.first else f"lines {one.first} to {last}"


def _fence(code: str, indent: str = "", language: str = "python") -> str:
    lines = [f"```{language}", *code.rstrip().splitlines(), "```"]
    return "".join(f"{indent}{line}\n" for line in lines)


def _lines(program: str) -> list[str]:
    return [line.rstrip() for line in program.splitlines()]
