"""Gated turns over rows in a list: see rows. Whatever is shown or stored is checked on the way.

What stands in brackets is held, and leaks if there is an exclamation mark in it; so does a call
that has one.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.tutor.turn.events import message
from tests.tutor.turn.gated import Bracketed
from tests.tutor.turn.rows import Player
from tutor.leaks.pieces import Piece
from tutor.leaks.said import Channel, Said
from tutor.protocol import frames
from tutor.protocol.actions import (
    Action,
    AskModel,
    CancelRequest,
    MakeMove,
    Save,
    Show,
    StartRun,
)
from tutor.protocol.calls import Payload, run_name, texts_of
from tutor.protocol.events import (
    Event,
    ModelFailed,
    ModelFinished,
    ModelSpoke,
    ModelSteered,
)
from tutor.protocol.gate import Judge, PieceJudged, StartTimer, TimerRang


def cut(text: str) -> list[Piece]:
    """A whole text in pieces."""
    pieces = Bracketed()
    return [*pieces.feed(text), *pieces.close()]


def leaks(said: Said) -> bool:
    if said.channel is Channel.REPLY:
        return any("!" in piece.text for piece in cut(said.text) if piece.held)
    return "!" in said.text


@dataclass
class GatedPlayer(Player):
    """A session that judges what the model says, and a page that sees it."""

    gated: bool = True
    # The request that was made last.
    request: int = 0
    # What the model has said in each part of its answer that is not stored.
    parts: deque[str] = field(default_factory=lambda: deque([""]))
    # What the page shows of the first of them.
    page: str = ""
    judging: list[Judge] = field(default_factory=list)
    timers: list[StartTimer] = field(default_factory=list)
    # What was told of texts; and which of them were found to be harmless.
    told: list[PieceJudged] = field(default_factory=list)
    harmless: set[tuple[int, Said]] = field(default_factory=set)
    # The student's messages that the model has heard while it answers this request.
    heard: set[str] = field(default_factory=set)
    # Requests for whose answers nobody waits any more.
    given_up: list[int] = field(default_factory=list)

    def perform(self, action: Action) -> Event | None:
        match action:
            case Judge():
                self.judging.append(action)
            case StartTimer():
                self.timers.append(action)
            case CancelRequest(request) if self.asked == request:
                self.given_up.append(request)
                self.asked = None
            case AskModel(request):
                assert not self.page, "it was not taken back"
                self.request, self.parts = request, deque([""])
                self.heard = set()
            case Show(frames.Delta(text=text)):
                self.page += text
                assert self.parts[0].startswith(self.page)
                self.check_pieces(self.page, self.parts[0])
            case Show(frames.Withdrawn()):
                self.page = ""
            case Show(frames.RunChanged(run=view)):
                assert view.id not in map(run_name, self.rows.withheld)
            case StartRun(call) | MakeMove(call):
                assert call.item not in self.rows.withheld
                assert "!" not in self.rows.items[call.item - 1]["arguments"]
        return super().perform(action)

    def commit(self, actions: list[Any]) -> Event | None:
        for action in actions:
            if isinstance(action, Save):
                for place, item in enumerate(action.payloads):
                    if place not in action.withheld:
                        self.check_item(item)
                if len(self.parts) > 1 and action.response_id:
                    self.parts.popleft()
                self.page = ""
        return super().commit(actions)

    # What holds

    def check_pieces(self, text: str, whole: str) -> None:
        """A text that begins `whole` was judged piece by piece, as far as it is held."""
        end = 0
        for piece in cut(whole):
            begin, end = end, end + len(piece.text)
            if piece.held and begin < len(text):
                assert end <= len(text), "half of a piece"
                assert (self.request, Said(Channel.REPLY, whole[:end])) in self.harmless

    def check_item(self, item: Payload) -> None:
        """What is stored to be shown was judged."""
        if item["type"] == "message":
            text = "".join(texts_of(item))
            said = Said(Channel.REPLY, text)
            assert not leaks(said)
            if (self.request, said) not in self.harmless:
                self.check_pieces(text, text)
        if item["type"] == "function_call":
            assert "!" not in item["arguments"]

    # What may happen

    def dies(self) -> None:
        self.judging, self.timers, self.told, self.page = [], [], [], ""
        self.harmless, self.given_up, self.parts = set(), [], deque([""])
        super().dies()

    def is_judged(self, place: int) -> None:
        """The text at this place of those that are being judged."""
        judge = self.judging.pop(place)
        is_leak = any(map(leaks, judge.said))
        if not is_leak:
            self.harmless |= {(judge.request, said) for said in judge.said}
        self.told.append(PieceJudged(judge.request, judge.piece, is_leak))
        self.happens(self.told[-1])

    def is_judged_again(self, place: int) -> None:
        """What was told is told once more, and otherwise."""
        one = self.told[place]
        assert self.turn.receive(PieceJudged(one.request, one.piece, not one.leaks)) == []

    def rings(self, place: int) -> None:
        timer = self.timers.pop(place)
        self.happens(TimerRang(timer.request, timer.timer))

    def speaks(self, text: str) -> None:
        """The model says more."""
        assert self.asked is not None
        self.parts[-1] += text
        self.happens(ModelSpoke(self.asked, text))

    def ends(
        self, kinds: list[tuple[str, str]], texts: list[str] | None = None, *, heard: bool = False
    ) -> None:
        """The model has said all; `texts` are its messages, where they are not what it said."""
        assert self.asked is not None
        said = [self.parts[-1]] if texts is None else texts
        items = (*(message(text) for text in said if text), *(self.call(*one) for one in kinds))
        ids = self.hears() if heard and kinds else ()
        request, self.asked = self.asked, None
        self.happens(ModelFinished(request, f"resp_{request}", items, delivered_ids=ids))

    def is_steered(self) -> None:
        assert self.asked is not None
        said, ids = self.parts[-1], self.hears()
        self.parts.append("")
        part = f"part_{len(self.parts)}"
        self.happens(ModelSteered(self.asked, part, (message(said),), ids))

    def hears(self) -> tuple[str, ...]:
        """The messages that the model hears now: each once, though it may not be stored yet."""
        names = tuple(name for name in self.rows.waiting if name not in self.heard)
        self.heard.update(names)
        return names

    def fails(self) -> None:
        assert self.asked is not None
        request, self.asked = self.asked, None
        self.happens(ModelFailed(request, "Lost.", may_retry=True))

    def answers_late(self, request: int) -> None:
        """The answer to a request that was given up goes on, and ends."""
        self.happens(ModelSpoke(request, "[late!]"))
        self.happens(ModelFinished(request, "late", (message("[late!]"),)))

    def call(self, call_id: str, kind: str) -> Payload:
        """A kind with an exclamation mark is a call that leaks."""
        made = super().call(call_id, kind.rstrip("!"))
        if kind.endswith("!"):
            arguments = made["arguments"].replace("What does", "[What!] does")
            made["arguments"] = arguments.replace('"code": "', '"code": "!')
        return made
