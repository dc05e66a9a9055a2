"""The control: a mended program without what the text brought. Pure.

A fragment may pass a step's cases only because it took the place of a faulty line. If the program
passes without it, it was the deletion that mended it, which nobody has told.
"""

from typing import Final

from tutor.leaks.program import Program, indent_of

_OPENS: Final = (":", ",", "(", "[", "{", "\\")


def control(mended: str, program: Program) -> str | None:
    """`mended` with `pass` for every line that `program` does not have and that opens nothing.

    None if that changes nothing: all of what is new opens a block.
    """
    own = {line.strip() for line in program.lines}
    lines = mended.splitlines()
    without = [f"{indent_of(line)}pass" if _is_new(line.strip(), own) else line for line in lines]
    return None if without == lines else "\n".join(without)


def _is_new(line: str, own: set[str]) -> bool:
    return bool(line) and line not in own and line != "pass" and not line.endswith(_OPENS)
