"""The author's end of the dialogue: shows every frame that comes, sends, and waits for answers."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final

from rich.text import Text

from tutor.preview import render
from tutor.preview.connection import Line
from tutor.preview.screen import Screen
from tutor.preview.state import TURN_OVER, Desk
from tutor.preview.temporary_site import Stage
from tutor.protocol import frames

LOST: Final = "The connection is lost. Connecting again …"
AGAIN: Final = "Connected again."
FAILED: Final = "The tutor could not answer."


class Page:
    """One connection to one lesson. Only one thing is asked for at a time."""

    def __init__(self, stage: Stage, course: str, desk: Desk, screen: Screen) -> None:
        self.desk = desk
        self._screen = screen
        self._line = Line(
            stage.socket_of(course, desk.lesson.id), stage.headers,
            self._heard, self._lost, stage.web.obituary,
        )  # fmt: skip
        # Set whenever something came.
        self._news = asyncio.Event()
        # What was asked for and is not over; what would end it, None if nothing would.
        self._asked: list[frames.FromBrowser] = []
        self._end: frames.FromBrowser | None = None
        # Whether the end was sent.
        self._ending = False
        # Whether somebody else has the terminal.
        self._elsewhere = False
        # The number of the last item that was shown.
        self._number = 0
        # What each run of the student's has printed so far, by its name.
        self._printed: dict[str, str] = {}
        # Frames on their way.
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Be connected until cancelled. Raises Gone."""
        await self._line.run()

    # To the classroom

    async def greeted(self) -> None:
        """Wait until the classroom has said hello."""
        await self._until(lambda: bool(self.desk.here))

    async def ask(
        self, frame: Any, over: Callable[[], bool], end: frames.FromBrowser | None = None
    ) -> bool:
        """Ask for something and wait until it is over; False if it was refused, which is shown.

        After a lost connection it is asked for again: it counts once. `end` is what cuts it short.
        """
        name = getattr(frame, "id", "")
        self._asked, self._end, self._ending = [frame], end, False
        try:
            await self._line.send(frame)
            await self._until(lambda: over() or name in self.desk.refused)
        finally:
            self._asked, self._end = [], None
        if why := self.desk.refused.get(name):
            self._screen.trouble(why)
        return not why

    def add(self, frame: frames.FromBrowser) -> None:
        """Ask for something more, while something is waited for."""
        self._asked.append(frame)
        self.tell(frame)

    def tell(self, frame: frames.FromBrowser) -> None:
        """Send a frame that is not waited for."""
        self._begin(self._line.send(frame))

    def end(self) -> bool:
        """Cut short what is asked for. False if there is nothing, or it was told so already."""
        if self._elsewhere:
            return True
        if self._end is None or self._ending:
            return False
        self._ending = True
        self.tell(self._end)
        return True

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[None]:
        """For the length of a block, Ctrl+C is meant for another program at the terminal."""
        self._elsewhere = True
        try:
            yield
        finally:
            self._elsewhere = False

    async def _until(self, over: Callable[[], bool]) -> None:
        while not over():
            self._news.clear()
            await self._news.wait()

    def _begin(self, sending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    # From the classroom

    def _lost(self) -> None:
        self._screen.unsaid()
        self._screen.trouble(LOST)

    def _heard(self, frame: frames.ToBrowser) -> None:
        is_first = not self.desk.here
        self.desk.receive(frame)
        match frame:
            case frames.Hello():
                self._hello(frame, is_first=is_first)
            case frames.Delta(text=text):
                self._screen.spoken(text)
            case frames.Withdrawn():
                self._screen.unsaid()
            case frames.ItemStored(item=item):
                self._item(item)
            case frames.Output(run=run, stream=stream, text=text):
                self._output(run, stream, text)
            case frames.RunChanged(run=run):
                self._run(run)
            case frames.AttemptChanged(attempt=attempt):
                self._place(attempt.state, attempt.position)
            case frames.TurnChanged():
                self._turn(frame)
            case frames.TutorChanged(message=message) | frames.Error(message=message) if message:
                self._screen.trouble(message)
            case _:
                pass
        self._news.set()

    def _hello(self, hello: frames.Hello, *, is_first: bool) -> None:
        if is_first:
            title = self.desk.lesson.title
            self._screen.show(*render.welcome(title, emulated=hello.emulated))
        else:
            self._screen.note(AGAIN)
            if hello.step != self.desk.here:
                self.tell(frames.Go(type="go", step=self.desk.here))
        new = [item for item in hello.items if item.number > self._number]
        self._screen.show(*render.items(new))
        self._number = max((item.number for item in new), default=self._number)
        for frame in self._asked:
            self.tell(frame)

    def _item(self, item: frames.ItemView) -> None:
        self._number = max(self._number, item.number)
        if isinstance(item, frames.TutorItem):
            self._screen.said(item.text)
            if item.interrupted:
                self._screen.note("(stopped here)")

    def _turn(self, turn: frames.TurnChanged) -> None:
        if turn.state in TURN_OVER:
            self._screen.unsaid()
        if turn.state == "failed":
            self._screen.trouble(f"{turn.message or FAILED} /again lets it try once more.")
        elif turn.message:
            self._screen.note(turn.message)

    def _output(self, run: str, stream: frames.Stream, text: str) -> None:
        # What is typed stands on the screen already; the tutor's runs are shown when they end.
        if run in self.desk.runs and stream != "stdin":
            self._printed[run] = self._printed.get(run, "") + text
            self._screen.printed(stream, text)

    def _run(self, run: frames.RunView) -> None:
        if run.state in frames.GOING_ON:
            self._place(run.state, run.position if run.by == "student" else 0)
        elif run.by == "tutor":
            self._screen.show(render.tutors(run))
        else:
            self._rest(run)
            self._screen.show(render.ended(run))

    def _rest(self, run: frames.RunView) -> None:
        """Write what of the whole output has not been written yet."""
        pieces = [piece for piece in run.output if piece.stream != "stdin"]
        seen = self._printed.pop(run.id, "")
        if not "".join(piece.text for piece in pieces).startswith(seen):
            self._screen.note("All that it printed:")
            seen = ""
        for piece in pieces:
            known = min(len(seen), len(piece.text))
            seen = seen[known:]
            self._screen.printed(piece.stream, piece.text[known:])

    def _place(self, state: str, position: int) -> None:
        if state == "queued" and position > 1:
            self._screen.show(Text(f"It waits in line at place {position}.", "dim"))
