"""A client of the classroom: shows every frame that comes, sends, and waits for answers."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final

from rich.text import Text

from tutor.preview import render
from tutor.preview.connection import Connection
from tutor.preview.screen import Screen
from tutor.preview.state import LessonState
from tutor.preview.temporary_site import TemporarySite
from tutor.protocol import frames

LOST: Final = "The connection is lost. Connecting again …"
AGAIN: Final = "Connected again."
FAILED: Final = "The tutor could not answer."


class LessonClient:
    """A client of one lesson, with one request at a time."""

    def __init__(
        self, site: TemporarySite, course: str, state: LessonState, screen: Screen
    ) -> None:
        self.state = state
        self._screen = screen
        self._connection = Connection(
            site.socket_of(course, state.lesson.id), site.headers,
            self._on_frame, self._on_lost, site.web.exit_reason,
        )  # fmt: skip
        # Set by every frame.
        self._changed = asyncio.Event()
        # Requests that are not over; the frame that would cancel them, None if none would.
        self._pending: list[frames.FromBrowser] = []
        self._cancel_frame: frames.FromBrowser | None = None
        # True once that was sent.
        self._is_cancelled = False
        # True while another program has the terminal.
        self._terminal_handed_over = False
        # The number of the last item that was shown.
        self._number = 0
        # The output so far of each run of the student's, by its name.
        self._printed: dict[str, str] = {}
        # Tasks that send frames.
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Be connected until cancelled. Raises SiteGone."""
        await self._connection.run()

    # To the classroom

    async def wait_for_hello(self) -> None:
        """Wait for the first hello frame."""
        await self._wait_until(lambda: bool(self.state.step_id))

    async def request(
        self, frame: Any, is_over: Callable[[], bool], cancel: frames.FromBrowser | None = None
    ) -> bool:
        """Send a request and wait until it is over; False if it was refused, which is shown.

        After a lost connection it is sent again: it counts once. `cancel` is the frame that would
        cancel it.
        """
        name = getattr(frame, "id", "")
        self._pending, self._cancel_frame, self._is_cancelled = [frame], cancel, False
        try:
            await self._connection.send(frame)
            await self._wait_until(lambda: is_over() or name in self.state.refused)
        finally:
            self._pending, self._cancel_frame = [], None
        if why := self.state.refused.get(name):
            self._screen.warn(why)
        return not why

    def request_more(self, frame: frames.FromBrowser) -> None:
        """Send a further request, while one is waited for."""
        self._pending.append(frame)
        self.send(frame)

    def send(self, frame: frames.FromBrowser) -> None:
        """Send a frame without waiting for its effect."""
        self._spawn(self._connection.send(frame))

    def cancel(self) -> bool:
        """Cancel the request; False if there is none to cancel, or it was done already."""
        if self._terminal_handed_over:
            return True
        if self._cancel_frame is None or self._is_cancelled:
            return False
        self._is_cancelled = True
        self.send(self._cancel_frame)
        return True

    @contextlib.contextmanager
    def hand_over_terminal(self) -> Iterator[None]:
        """For the length of a block, another program has the terminal, and gets its Ctrl+C."""
        self._terminal_handed_over = True
        try:
            yield
        finally:
            self._terminal_handed_over = False

    async def _wait_until(self, is_true: Callable[[], bool]) -> None:
        while not is_true():
            self._changed.clear()
            await self._changed.wait()

    def _spawn(self, sending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    # From the classroom

    def _on_lost(self) -> None:
        self._screen.discard_partial()
        self._screen.warn(LOST)

    def _on_frame(self, frame: frames.ToBrowser) -> None:  # noqa: C901  # a line per frame
        is_first = not self.state.step_id
        self.state.receive(frame)
        match frame:
            case frames.Hello():
                self._hello(frame, is_first=is_first)
            case frames.Delta(text=text):
                self._screen.add_to_answer(text)
            case frames.SoFar(text=text):
                self._screen.discard_partial()
                self._screen.add_to_answer(text)
            case frames.Withdrawn():
                self._screen.discard_partial()
            case frames.ItemStored(item=item) | frames.Accepted(item=frames.HintItem() as item):
                self._item(item)
            case frames.PredictionChanged(prediction=prediction):
                self._screen.show(*render.compared(prediction))
            case frames.Output(run=run, stream=stream, text=text):
                self._output(run, stream, text)
            case frames.RunChanged(run=run):
                self._run(run)
            case frames.AttemptChanged(attempt=attempt):
                self._show_place(attempt.state, attempt.position)
            case frames.TurnChanged():
                self._turn(frame)
            case frames.TutorChanged(message=message) | frames.Error(message=message) if message:
                self._screen.warn(message)
            case _:
                pass
        self._changed.set()

    def _hello(self, hello: frames.Hello, *, is_first: bool) -> None:
        if is_first:
            title = self.state.lesson.title
            self._screen.show(*render.welcome(title, emulated=hello.emulated))
        else:
            self._screen.note(AGAIN)
            if hello.step != self.state.step_id:
                self.send(frames.Go(type="go", step=self.state.step_id))
        new = [item for item in hello.items if item.number > self._number]
        self._screen.show(*render.items(new))
        self._number = max((item.number for item in new), default=self._number)
        for frame in self._pending:
            self.send(frame)

    def _item(self, item: frames.ItemView) -> None:
        self._number = max(self._number, item.number)
        match item:
            case frames.TutorItem():
                self._screen.finish_answer(item.text)
                if item.interrupted:
                    self._screen.note("(stopped here)")
            case frames.PredictionItem() | frames.HintItem() | frames.OfferItem():
                self._screen.show(*render.card(item))
            case _:
                pass

    def _turn(self, turn: frames.TurnChanged) -> None:
        if turn.state in frames.TURN_OVER:
            self._screen.discard_partial()
        if turn.state == "failed":
            self._screen.warn(f"{turn.message or FAILED} /again lets it try once more.")
        elif turn.message:
            self._screen.note(turn.message)

    def _output(self, run: str, stream: frames.Stream, text: str) -> None:
        # What is typed stands on the screen already; the tutor's runs are shown when they end.
        if run in self.state.runs and stream != "stdin":
            self._printed[run] = self._printed.get(run, "") + text
            self._screen.printed(stream, text)

    def _run(self, run: frames.RunView) -> None:
        if run.state in frames.GOING_ON:
            self._show_place(run.state, run.position if run.by == "student" else 0)
        elif run.by == "tutor":
            self._screen.show(render.tutor_run(run))
        else:
            self._print_rest(run)
            self._screen.show(render.student_run(run))

    def _print_rest(self, run: frames.RunView) -> None:
        """Print the part of the whole output that has not been printed yet."""
        pieces = [piece for piece in run.output if piece.stream != "stdin"]
        seen = self._printed.pop(run.id, "")
        if not "".join(piece.text for piece in pieces).startswith(seen):
            self._screen.note("All that it printed:")
            seen = ""
        for piece in pieces:
            known = min(len(seen), len(piece.text))
            seen = seen[known:]
            self._screen.printed(piece.stream, piece.text[known:])

    def _show_place(self, state: str, position: int) -> None:
        if state == "queued" and position > 1:
            self._screen.show(Text(f"It waits in line at place {position}.", "dim"))
