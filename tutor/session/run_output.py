"""The output of running programs, as a page has been shown it: no gap, nothing twice. Pure."""

from typing import Final

from tutor.protocol import frames
from tutor.protocol.events import RunPrinted

# Seconds between two requests for all that a run has printed.
ASK_S: Final = 1.0
# How often a run was begun, and the number of its last output.
OutputMark = tuple[int, int]
NOTHING: Final[OutputMark] = (0, 0)
# After everything that a run that is over may still be said to have printed.
ALL: Final[OutputMark] = (1 << 31, 0)


class RunOutput:
    """By the names of runs, how far the page has been shown their output."""

    def __init__(self) -> None:
        self._shown: dict[str, OutputMark] = {}
        # The runs of which something is missing, with the moment (time.monotonic) at which all of
        # it was asked for last.
        self._missing: dict[str, float] = {}

    def note(self, view: frames.RunView) -> None:
        """The page is shown this view of a run: all until its `seq`."""
        mark = (view.begun, view.seq) if view.state in frames.GOING_ON else ALL
        if mark > self._shown.get(view.id, NOTHING):
            self._shown[view.id] = mark
            self._missing.pop(view.id, None)

    def takes(self, printed: RunPrinted) -> bool:
        """Whether this is next, and is to be shown; else it is known, or something is missing."""
        if not printed.seq:  # a worker of an earlier release does not count
            return bool(printed.text)
        shown = self._shown.get(printed.run, NOTHING)
        came = (printed.begun, printed.seq)
        if came <= shown:
            return False
        follows = (shown[1] if printed.begun == shown[0] else 0) + 1
        # Without a text it only says how much there is.
        if printed.seq == follows and printed.text:
            self._shown[printed.run] = came
            return True
        self.lose(printed.run)
        return False

    def lose(self, run: str) -> None:
        """Some of this run's output is missing."""
        self._missing.setdefault(run, float("-inf"))

    def to_ask_for(self, now: float) -> list[str]:
        """The runs all of whose output is to be asked for at `now`; each once in ASK_S."""
        due = [run for run, asked in self._missing.items() if now - asked >= ASK_S]
        self._missing |= dict.fromkeys(due, now)
        return due

    def is_behind(self, run: str, stored: OutputMark) -> bool:
        """Whether what the row holds of the output is more than the page has been shown."""
        return stored > self._shown.get(run, NOTHING)
