"""A live answer over a layer that loses, repeats and reorders, whatever happens in between."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.tutor.turn.test_live_answer import FENCE, TURN, delta, state, stored
from tutor.protocol import frames
from tutor.turn.live_answer import (
    ASK_AGAIN_S,
    RENEW_S,
    AnswerFollower,
    AnswerNews,
    AnswerOwner,
    ShownAnswer,
)


@dataclass
class Line:
    """An owner, one who follows, and a line between them that loses, repeats and delays."""

    answer: ShownAnswer = field(default_factory=ShownAnswer)
    seen: ShownAnswer = field(default_factory=ShownAnswer)
    # What was told, in order, and not delivered.
    told: list[AnswerNews] = field(default_factory=list)
    # All texts that the owner has ever shown after an item, by that, turn and request; and how many
    # pieces of the request came before it.
    ever: dict[tuple[int, int, int], tuple[int, str]] = field(default_factory=dict)
    items: int = 0
    request: int = 1
    seq: int = 0
    now: float = 0.0
    # Items of the rows that the follower has not read.
    unread: list[frames.ItemStored] = field(default_factory=list)
    spoken: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def __post_init__(self) -> None:
        self.owner = AnswerOwner(self.answer)
        self.follower = AnswerFollower(self.seen)
        self.seen.hear(state())
        self._show(state())

    def _show(self, frame: frames.ToBrowser) -> None:
        self.answer.hear(frame)
        self.owner.hear(frame, FENCE, self.now)
        for one in self.answer.texts():
            before = one.seq - len(one.text.split())
            self.ever[self.answer.stored, one.turn, one.request] = before, one.text

    def speak(self) -> None:
        self.seq += 1
        self._show(delta(f"{next(self.spoken)} ", self.seq, self.request))

    def withdraw(self) -> None:
        self._show(frames.Withdrawn(turn=TURN, request=self.request))
        self.request, self.seq = self.request + 1, 0

    def store(self) -> None:
        """Steered: an item takes the place of the text, and the same request goes on."""
        self.items += 1
        self.unread.append(stored(self.items))
        self._show(self.unread[-1])

    def flush(self) -> None:
        self.told += [one for _, one in self.owner.pop(FENCE)]

    def ask(self) -> None:
        self.now += ASK_AGAIN_S
        if self.follower.pop_due(self.now):
            self.arrive()

    def arrive(self) -> None:
        number = self.follower.number if self.follower.is_in_step else -1
        self.owner.follow("page", self.follower.fence, number, self.now)

    def read_rows(self) -> None:
        for item in self.unread:
            self.seen.hear(item)
        self.unread = []

    def tell(self) -> None:
        self.speak()
        self.flush()

    def follow(self) -> None:
        self.ask()
        self.flush()
        while self.told:
            self.deliver()

    def deliver(self, at: int = 0, *, again: bool = False) -> None:
        if at >= len(self.told):
            return
        one = self.told[at] if again else self.told.pop(at)
        if self.follower.is_ahead(one):
            self.read_rows()
        for frame in self.follower.take(one):
            self._check_next(frame)
            self.seen.hear(frame)

    def _check_next(self, frame: frames.ToBrowser) -> None:
        """A page takes a piece for a gap that does not follow on what it has of the request."""
        if isinstance(frame, frames.Delta):
            heard = [text.seq for text in self.seen.texts() if text.request == frame.request]
            assert (frame.first or frame.seq) == (heard[0] if heard else 0) + 1

    def lose(self) -> None:
        del self.told[:1]

    def repeat(self) -> None:
        self.deliver(again=True)

    def overtake(self) -> None:
        self.deliver(1)

    def check(self) -> None:
        for one in self.seen.texts():
            if one.text:
                before, said = self.ever[self.seen.stored, one.turn, one.request]
                assert said.startswith(one.text)
                # Pieces are numbered as the owner counts them.
                assert one.seq == before + len(one.text.split())

    def settle(self) -> None:
        for _ in range(3):
            self.read_rows()
            self.now += RENEW_S
            self.ask()
            self.flush()
            while self.told:
                self.deliver()


STEPS = (
    "speak", "tell", "tell", "withdraw", "store", "flush", "ask", "follow", "read_rows",
    "deliver", "deliver", "lose", "repeat", "overtake",
)  # fmt: skip


# The row of an item overtakes the last words before it, and the request goes on.
OVERTAKEN = [
    "follow", "tell", "deliver", "speak", "store", "speak", "flush", "read_rows", "deliver",
    "deliver",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=40))
@example(OVERTAKEN)
def test_a_follower_shows_a_beginning_of_the_answer_at_every_moment_and_all_in_the_end(
    steps: list[str],
) -> None:
    line = Line()
    for step in steps:
        getattr(line, step)()
        line.check()
    line.settle()
    line.check()
    texts = [one for one in line.answer.texts() if one.text]
    assert [one for one in line.seen.texts() if one.text] == texts
    assert line.seen.stored == line.answer.stored
