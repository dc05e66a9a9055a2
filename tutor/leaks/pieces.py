"""An answer that grows, cut into what may be shown at once and what is judged first. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A part of an answer; `held` if it must be judged before it is shown."""

    text: str
    held: bool


class Pieces:
    """Cuts an answer. Nothing is lost: all pieces in order are the text that was fed."""

    def __init__(self) -> None:
        # Fed, and not given out yet.
        self._open = ""

    @property
    def is_holding(self) -> bool:
        """True while a part is kept back until its sentence or block is complete."""
        return bool(self._open)

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are complete with `text`, in order."""
        self._open += text
        if "`" not in self._open:
            free, self._open = self._open, ""
            return [Piece(free, held=False)]
        free, mark, rest = self._open.partition("`")
        self._open = mark + rest
        return [Piece(free, held=False)] if free else []

    def close(self) -> list[Piece]:
        """The rest: the answer is over."""
        rest, self._open = self._open, ""
        return [Piece(rest, held=True)] if rest else []
