"""The leak gate of a turn: events of the model go in, and come out once what they show is judged.

1. A text is cut into pieces. A free one comes out at once, a held one when its verdict is in; none
   before those that it stands behind.
2. The end of a response, or of a part of it, comes out when all that it shows is judged: its calls
   too, and its text where that is another than what was streamed. Events behind it wait with it.
3. A text that leaks spoils its response: `Leaked` comes out, then nothing more of it until it has
   ended, or UNSEEN_S are over: that is `Withheld`. A call that leaks is withheld by itself.
4. What was shown of an answer and taken back is judged together with what comes in its place, and
   what a call shows with the text and the calls before it.
5. A text that is longer than MAX_SHOWN_CHARS is cut there, and its request is over.

A verdict that comes late or twice, or is of another part of the answer, changes nothing. Pure.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tutor.leaks.pieces import Piece, Pieces
from tutor.leaks.said import Channel, Said
from tutor.method.tools import parse_call
from tutor.protocol.actions import CancelRequest
from tutor.protocol.calls import Payload, PredictionCall, RunCall, StoredCall, texts_of
from tutor.protocol.events import (
    ModelFailed,
    ModelFinished,
    ModelQueued,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
)
from tutor.protocol.gate import Judge, PieceJudged, StartTimer, Timer, TimerRang

# Of one answer. Ten times the 110 words that the method asks for: so long a text asks nothing any
# more, and each of its pieces is judged together with all before it. The model's own bound
# (`max_output_tokens`) cannot be as tight: it counts what the model thinks.
MAX_SHOWN_CHARS: Final = 6_000
# After so long with nothing new to read the student is told why.
SEARCHING_S: Final = 0.4
# An answer that leaks may take so long to end: then nothing need be sent again.
UNSEEN_S: Final = 6.0

Ending = ModelFinished | ModelSteered
ModelEvent = ModelSpoke | ModelSlow | ModelQueued | Ending | ModelFailed


@dataclass(frozen=True)
class Leaked:
    """The answer leaks: what was shown of it must go."""


@dataclass(frozen=True)
class Withheld:
    """An answer that leaks is over: `end` is what it came to, None if it was not let end."""

    end: Ending | ModelFailed | None


@dataclass(frozen=True)
class Searching:
    """For SEARCHING_S the student has been shown nothing new, as something is being judged or the
    model is asked for something better."""


Verdict = PieceJudged | TimerRang
Passed = ModelEvent | Leaked | Withheld | Searching
Order = Judge | StartTimer | CancelRequest


@dataclass
class Part:
    """An answer, or a part of one that is steered, as far as it has come."""

    pieces: Pieces
    # Streamed so far, and how much of that the pieces are that were given out.
    streamed: str = ""
    given_out: int = 0
    # What of it has come out.
    shown: str = ""
    # The texts that have not come out, in order, each with the number of its verdict; 0 if free.
    texts: deque[tuple[int, str]] = field(default_factory=deque)
    # The verdicts that are awaited: of a call by its place among the items, of a text None.
    awaited: dict[int, int | None] = field(default_factory=dict)
    leaks: bool = False


class LeakGate:
    """The gate of one turn; one that is not on lets all out. `begin` each request, then `take` what
    happens to it.
    """

    def __init__(self, *, is_on: bool = False) -> None:
        self.is_on = is_on
        # The places of the calls that leak, among the items of the response that came out last.
        self.withheld: frozenset[int] = frozenset()
        # The student was told that a better question is looked for, and has been shown none yet.
        self.is_searching = False
        # The texts of answers that were shown and taken back: who has read them may know them.
        self._taken_back: tuple[Said, ...] = ()
        self._request = 0
        self._part = Part(Pieces())
        # The end of the part, while its verdicts are awaited, and all events behind it.
        self._kept_back: deque[ModelEvent] = deque()
        # The last number of a verdict; they grow over all parts of an answer.
        self._number = 0
        # An answer was withheld, and nothing has been shown since.
        self._is_asked_again = False
        # How many texts have come out; and how many had when each timer began that has not rung.
        self._shown = 0
        self._timers: deque[int] = deque()

    @property
    def is_leaking(self) -> bool:
        """True while an answer that leaks is let end."""
        return self._part.leaks

    @property
    def held(self) -> Said | None:
        """The answer as far as it has come, while a part of it is held that is not complete."""
        part = self._part
        return Said(Channel.REPLY, part.streamed) if part.pieces.is_holding else None

    @property
    def has_ended(self) -> bool:
        """True while the model has said all, and verdicts are awaited."""
        return any(isinstance(one, ModelFinished | ModelFailed) for one in self._kept_back)

    def begin(self, request: int) -> list[StartTimer]:
        """The model is asked, as `request`."""
        self._request, self._number = request, 0
        self._take_back()
        self._part, self.withheld = Part(Pieces()), frozenset()
        self._kept_back.clear()
        self._timers.clear()
        return self._start_searching()

    def drop(self) -> list[ModelEvent]:
        """Nobody waits for the answer any more: the events that were kept back."""
        kept_back = [*self._kept_back]
        self.begin(self._request)
        return kept_back

    def take(self, event: ModelEvent | Verdict) -> list[Passed | Order]:
        """What follows on an event of the present request, in order."""
        match event:
            case PieceJudged(_, number, leaks):
                return self._judged(number, leaks=leaks)
            case TimerRang(_, timer):
                return self._rang(timer)
            case _:
                return self._hear(event) if self.is_on else [event]

    def _hear(self, event: ModelEvent) -> list[Passed | Order]:
        if self._kept_back:
            self._kept_back.append(event)
            return []
        match event:
            case ModelFinished() | ModelSteered() | ModelFailed() if self.is_leaking:
                return [Withheld(event)]
            case _ if self.is_leaking:
                return []
            case ModelSpoke(_, text):
                return self._spoke(text)
            case ModelFinished() | ModelSteered():
                return self._ended(event)
            case _:
                return [event]

    # What the model says

    def _spoke(self, text: str) -> list[Passed | Order]:
        part, room = self._part, MAX_SHOWN_CHARS - len(self._part.streamed)
        fits = text[:room]
        part.streamed += fits
        judging = self._judge_pieces(part.pieces.feed(fits))
        if len(text) <= room:
            return [*self._release(), *judging, *self._start_searching()]
        # The server's response is not waited for: these words are all that will be known of it.
        cut = _cut(ModelFinished(self._request, "", ()), part.streamed)
        return [CancelRequest(self._request), *judging, *self._ended(cut)]

    def _ended(self, end: Ending) -> list[Passed | Order]:
        part, texts = self._part, _texts(end)
        orders: list[Order] = []
        if sum(map(len, texts)) > MAX_SHOWN_CHARS:
            orders += [CancelRequest(self._request)] if isinstance(end, ModelSteered) else []
            end = _cut(end, "".join(texts))
            texts = _texts(end)
        orders += self._judge_pieces(part.pieces.close())
        # Each message is shown by itself, and servers tell another text than they have streamed.
        if len(texts) > 1 or (texts and texts[0].rstrip() != part.streamed.rstrip()):
            whole = dict.fromkeys((*texts, "\n\n".join(texts)))
            orders += self._judge(tuple(Said(Channel.REPLY, text) for text in whole), None)
        before = tuple(Said(Channel.REPLY, text) for text in ("\n\n".join(texts),) if text)
        if isinstance(end, ModelFinished) and not end.cut_short:
            for place, item in enumerate(end.items):
                said = _said_by_call(item)
                orders += self._judge(said, place, before)
                before += said
        self._kept_back.append(end)
        return [*orders, *self._go_on(), *self._start_searching()]

    # Verdicts and timers

    def _judged(self, number: int, *, leaks: bool) -> list[Passed | Order]:
        if number not in self._part.awaited:
            return []
        place = self._part.awaited.pop(number)
        if leaks and place is None:
            return self._leak()
        if leaks and place is not None:
            self.withheld |= {place}
        return self._go_on()

    def _leak(self) -> list[Passed | Order]:
        self._take_back()
        self._part = Part(Pieces(), leaks=True)
        self._is_asked_again = True
        if not self._kept_back:
            unseen = StartTimer(self._request, Timer.UNSEEN, UNSEEN_S)
            return [Leaked(), unseen, *self._start_searching()]
        end, *behind = self._kept_back
        self._kept_back.clear()
        assert isinstance(end, ModelFinished | ModelSteered)
        # What was cut here is no response that the model could be told of.
        return [Leaked(), Withheld(end if end.response_id else None), *behind]

    def _rang(self, timer: Timer) -> list[Passed | Order]:
        if timer is Timer.UNSEEN:
            return [Withheld(None)] if self.is_leaking else []
        # They ring in the order in which they began.
        began = self._timers.popleft() if self._timers else -1
        if began != self._shown or not self._is_waiting:
            return []
        self.is_searching = True
        return [Searching()]

    # Common to several events

    def _judge_pieces(self, pieces: Sequence[Piece]) -> list[Order]:
        part, orders = self._part, list[Order]()
        for piece in pieces:
            part.given_out += len(piece.text)
            if piece.held:
                so_far = Said(Channel.REPLY, part.streamed[: part.given_out])
                orders += self._judge((so_far,), None)
            part.texts.append((self._number if piece.held else 0, piece.text))
        return orders

    def _take_back(self) -> None:
        """What was shown of the answer is not stored."""
        if self._part.shown:
            self._taken_back += (Said(Channel.REPLY, self._part.shown),)

    def _judge(
        self, said: tuple[Said, ...], place: int | None, before: tuple[Said, ...] = ()
    ) -> list[Order]:
        if not said:
            return []
        self._number += 1
        self._part.awaited[self._number] = place
        before = self._taken_back + before
        return [Judge(self._request, self._number, said, place is not None, before)]

    @property
    def _is_waiting(self) -> bool:
        """True while the student waits for a verdict, or for a better question."""
        return self._is_asked_again or bool(self._part.awaited)

    def _start_searching(self) -> list[StartTimer]:
        """A timer for a wait that begins now; one that has begun with the last text has its own."""
        if not self._is_waiting or self.is_searching or self._shown in self._timers:
            return []
        self._timers.append(self._shown)
        return [StartTimer(self._request, Timer.SEARCHING, SEARCHING_S)]

    def _go_on(self) -> list[Passed | Order]:
        """Let out what is judged by now."""
        out: list[Passed | Order] = [*self._release()]
        if not self._kept_back or self._part.awaited:
            return out
        end, *behind = self._kept_back
        self._kept_back.clear()
        self._part = Part(Pieces())
        out.append(end)
        if not isinstance(end, ModelSteered):
            return [*out, *behind]  # it was the last of its request: they belong to nothing
        for event in behind:
            out += self._hear(event)
        return out

    def _release(self) -> list[ModelSpoke]:
        """The texts that stand behind none that is not judged, as one."""
        part, text = self._part, ""
        while part.texts and part.texts[0][0] not in part.awaited:
            text += part.texts.popleft()[1]
        if not text:
            return []
        self._shown += 1
        part.shown += text
        self.is_searching = self._is_asked_again = False
        return [ModelSpoke(self._request, text)]


def _texts(end: Ending) -> list[str]:
    """The text of each message of a response that has any."""
    said = ("".join(texts_of(item)) for item in end.items if item["type"] == "message")
    return [text for text in said if text]


def _cut(end: Ending, text: str) -> ModelFinished:
    """The response as it is where it is cut: words, and nothing that it calls for."""
    partial = {"type": "message", "role": "assistant", "content": text[:MAX_SHOWN_CHARS]}
    reason = "max_output_tokens"
    if isinstance(end, ModelFinished):
        return replace(end, items=(partial,), cut_short=reason, delivered_ids=())
    return ModelFinished(end.request, end.response_id, (partial,), reason, end.usage)


def _said_by_call(item: Payload) -> tuple[Said, ...]:
    """The texts that a page is shown of what a call asks for; none if it is no call."""
    if item["type"] != "function_call":
        return ()
    said: list[Said] = []
    match parse_call(StoredCall(0, item)):
        case RunCall(code=code, calls=calls):
            said = [Said(Channel.CODE, code), *(Said(Channel.CALL, call) for call in calls)]
        case PredictionCall(call=call, question=question):
            said = [Said(Channel.CALL, call), Said(Channel.REPLY, question)]
    return tuple(one for one in said if one.text)
