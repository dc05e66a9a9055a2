"""The answer of a turn while it comes, for all pages of its conversation. Pure.

The session whose turn it is owns the answer; the others follow it.

1. Whatever was shown to the owner's page, and nothing else, is told: texts are released by then.
2. The owner numbers what it tells, whether somebody follows or not. A follower that misses a number
   takes nothing more until it has been told all of the answer again; one that comes twice, or from
   an owner of before (a lower fence), counts for nothing.
3. Rows outrank it. What was told before an item of the tutor's is part of that item; what was told
   after one is shown when the item has been. Of a turn that has ended, as far as the page knows,
   nothing is shown.
4. A page that asks, and has not asked again within FORGET_S, is forgotten.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from tutor.protocol import frames

# Somebody who follows asks this often, so that a message lost at the end is noticed.
RENEW_S: Final = 5.0
# One that has missed something asks at most this often.
ASK_AGAIN_S: Final = 1.0
FORGET_S: Final = 30.0

# A frame of a live answer.
Live = frames.TurnChanged | frames.Delta | frames.SoFar | frames.Withdrawn
_frames: TypeAdapter[tuple[Live, ...]] = TypeAdapter(
    tuple[Annotated[Live, Field(discriminator="type")], ...]
)


@dataclass(frozen=True)
class AnswerNews:
    """What an owner has shown; `is_whole`: all of the answer, in place of what was told before.

    `fence` is the owner's claim, `number` counts its news, `stored` is the number of the last item
    of the tutor's that was shown before.
    """

    fence: int
    number: int
    stored: int
    frames: tuple[Live, ...]
    is_whole: bool = False

    def message(self) -> dict[str, Any]:
        """The fields of a message over the channel layer."""
        shown = [frame.model_dump() for frame in self.frames]
        return {
            "fence": self.fence, "number": self.number, "stored": self.stored, "frames": shown,
            "is_whole": self.is_whole,
        }  # fmt: skip

    @classmethod
    def of(cls, message: dict[str, Any]) -> "AnswerNews | None":
        """The news in a message; None if it is of another release."""
        try:
            return cls(
                int(message["fence"]), int(message["number"]), int(message["stored"]),
                _frames.validate_python(message["frames"]), bool(message["is_whole"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError, ValidationError):
            return None


@dataclass
class _Text:
    """A text that is not stored: the pieces of one request, and the number of the last one."""

    seq: int
    pieces: list[str]


class ShownAnswer:
    """What a page has been shown of the answer that comes: told of every frame, in order."""

    def __init__(self) -> None:
        # The state of the turn that was shown last; None if there was no turn.
        self.turn: frames.TurnChanged | None = None
        # The number of the last item of the tutor's.
        self.stored = 0
        # By turn and request.
        self._texts: dict[tuple[int, int], _Text] = {}

    @property
    def is_coming(self) -> bool:
        """True while, as far as shown, a turn is on."""
        return self.turn is not None and self.turn.state not in frames.TURN_OVER

    def hear(self, frame: frames.ToBrowser) -> None:
        """Take in a frame that the page is shown."""
        match frame:
            case frames.Hello():
                self.turn, self.stored = frame.turn, 0
                self._texts.clear()
                for item in frame.items:
                    self._store(item)
            case frames.TurnChanged():
                self.turn = frame
                self._forget_texts(keep=0 if frame.state in frames.TURN_OVER else frame.number)
            case frames.Delta(turn=turn, request=request):
                shown = self._texts.setdefault((turn, request), _Text(0, []))
                shown.pieces.append(frame.text)
                shown.seq = frame.seq
            case frames.SoFar(turn=turn, request=request):
                self._texts[turn, request] = _Text(frame.seq, [frame.text])
            case frames.Withdrawn(turn=turn, request=request):
                self._texts.pop((turn, request), None)
            case frames.ItemStored():
                self._store(frame.item)

    def _store(self, item: frames.ItemView) -> None:
        if isinstance(item, frames.TutorItem):
            self.stored = max(self.stored, item.number)
            # What is said next in the same request, to a message that was told it, is counted on.
            for (turn, _), text in self._texts.items():
                if turn == item.turn:
                    text.pieces.clear()

    def _forget_texts(self, keep: int) -> None:
        for place in [place for place in self._texts if place[0] != keep]:
            del self._texts[place]

    def texts(self) -> list[frames.SoFar]:
        """The texts that are shown and not stored; empty where all of a request's is stored."""
        return [
            frames.SoFar(turn=turn, request=request, seq=text.seq, text="".join(text.pieces))
            for (turn, request), text in self._texts.items()
        ]

    def withdrawals(self, kept: Iterable[tuple[int, int]] = ()) -> list[frames.Withdrawn]:
        """Take back all texts but these."""
        gone = [place for place in self._texts if place not in set(kept)]
        return [frames.Withdrawn(turn=turn, request=request) for turn, request in gone]


class AnswerOwner:
    """The answer of a turn of ours, told to those who follow it."""

    def __init__(self, shown: ShownAnswer) -> None:
        self._shown = shown
        # By channel, until when they count as following.
        self._followers: dict[str, float] = {}
        # Those who are to be told all of it.
        self._asking: set[str] = set()
        # The number of the last news, and the fence under which it was told.
        self._number, self._fence = 0, -1
        # What was shown since, each with its fence and the last item before it.
        self._untold: list[tuple[int, int, Live]] = []

    @property
    def has_news(self) -> bool:
        """True if there is something to tell."""
        return bool(self._untold or self._asking)

    def follow(self, channel: str, fence: int, number: int, now: float) -> None:
        """Somebody follows, who has been told `number` of the owner with that fence, and all
        before."""
        self._followers[channel] = now + FORGET_S
        if self._untold or (fence, number) != (self._fence, self._number):
            self._asking.add(channel)

    def unfollow(self, channel: str) -> None:
        """Somebody has gone."""
        self._followers.pop(channel, None)
        self._asking.discard(channel)

    def hear(self, frame: frames.ToBrowser, fence: int | None, now: float) -> None:
        """Take in a frame that our page is shown; `fence` is None while no turn is ours."""
        if not isinstance(frame, Live):
            return
        self._followers = {who: until for who, until in self._followers.items() if until > now}
        if fence is None or not self._followers:
            # Told to nobody: whoever was forgotten and is still there misses it, and can know.
            self._number += 1
        else:
            self._gather(fence, self._shown.stored, frame)

    def _gather(self, fence: int, stored: int, frame: Live) -> None:
        if self._untold and isinstance(frame, frames.Delta):
            *before, last = self._untold[-1]
            known = isinstance(last, frames.Delta) and (*before, last.turn, last.request)
            if isinstance(last, frames.Delta) and known == (
                fence, stored, frame.turn, frame.request
            ):  # fmt: skip
                both = {"first": last.first or last.seq, "text": last.text + frame.text}
                self._untold[-1] = (fence, stored, frame.model_copy(update=both))
                return
        self._untold.append((fence, stored, frame))

    def pop(self, fence: int | None) -> list[tuple[str, AnswerNews]]:
        """What is to be told, in order, each with its channel: empty for all who follow."""
        told: list[tuple[str, AnswerNews]] = []
        for (its_fence, stored), group in groupby(self._untold, key=lambda one: one[:2]):
            self._number, self._fence = self._number + 1, its_fence
            shown: tuple[Live, ...] = tuple(frame for _, _, frame in group)
            told.append(("", AnswerNews(its_fence, self._number, stored, shown)))
        self._untold = []
        if fence is not None:  # else whoever has the turn answers those who ask
            self._fence = fence
            told += [(channel, self._whole()) for channel in sorted(self._asking)]
            self._asking.clear()
        return told

    def _whole(self) -> AnswerNews:
        turn = [self._shown.turn] if self._shown.turn else []
        shown: tuple[Live, ...] = (*turn, *self._shown.texts())
        return AnswerNews(self._fence, self._number, self._shown.stored, shown, is_whole=True)


@dataclass
class AnswerFollower:
    """The answer of another session's turn, followed for a page."""

    shown: ShownAnswer
    # The claim of the owner that is followed, and the number of its news that was taken last.
    fence: int = -1
    number: int = 0
    # Nothing is missing of what that owner has told.
    is_in_step: bool = False
    # The turn that is followed.
    _turn: int = field(default=0, init=False)
    # When it was asked for last; None before.
    _asked_at: float | None = field(default=None, init=False)

    def is_ahead(self, news: AnswerNews) -> bool:
        """Whether rows come before these news that the page has not been shown."""
        if not self._is_next(news):
            return False
        # One that has ended may be taken up again.
        known = self.shown.turn.number if self.shown.turn and self.shown.is_coming else 0
        turns = [_turn_of(frame) for frame in news.frames]
        return news.stored > self.shown.stored or max(turns, default=0) > known

    def _is_next(self, news: AnswerNews) -> bool:
        if news.fence != self.fence:
            return news.is_whole and news.fence > self.fence
        if news.is_whole:
            # Who is in step has had what is told under this number.
            return news.number > self.number or (not self.is_in_step and news.number == self.number)
        return self.is_in_step and news.number == self.number + 1

    def take(self, news: AnswerNews) -> list[Live]:
        """The frames that the page is shown for it."""
        if not self._is_next(news):
            is_known = news.fence == self.fence and news.number <= self.number
            if news.fence >= self.fence and not is_known:
                self.lose()
            return []
        self.fence, self.number, self.is_in_step = news.fence, news.number, True
        if news.is_whole:
            return self._replaced(news)
        return list(self._following(news))

    def _following(self, news: AnswerNews) -> Iterator[Live]:
        """What is due of these news. Where the pieces before one are part of an item that the page
        was shown first, it gets all that was said after that: it would take the piece for a gap."""
        heard = {(text.turn, text.request): text for text in self.shown.texts()}
        for frame in news.frames:
            if not self._is_due(frame, news.stored):
                continue
            if not isinstance(frame, frames.Delta):
                if isinstance(frame, frames.Withdrawn):
                    heard.pop((frame.turn, frame.request), None)
                yield frame
                continue
            place = {"turn": frame.turn, "request": frame.request}
            before = heard.get((frame.turn, frame.request), frames.SoFar(**place, seq=0, text=""))
            so_far = frames.SoFar(**place, seq=frame.seq, text=before.text + frame.text)
            heard[frame.turn, frame.request] = so_far
            yield frame if (frame.first or frame.seq) == before.seq + 1 else so_far

    def _replaced(self, news: AnswerNews) -> list[Live]:
        due = [frame for frame in news.frames if self._is_due(frame, news.stored)]
        kept = [(frame.turn, frame.request) for frame in due if isinstance(frame, frames.SoFar)]
        known = [self.shown.turn, *self.shown.texts()]
        return [*self.shown.withdrawals(kept), *(frame for frame in due if frame not in known)]

    def _is_due(self, frame: Live, stored: int) -> bool:
        turn = self.shown.turn
        if turn is None or not self.shown.is_coming or _turn_of(frame) != turn.number:
            return False
        # A text of before the last item is in that.
        return isinstance(frame, frames.TurnChanged) or stored >= self.shown.stored

    def lose(self) -> None:
        """Something is missing, or could not be shown."""
        self.is_in_step = False

    def begin(self, fence: int) -> None:
        """A turn has another owner; it may be we."""
        if fence > self.fence:
            self.fence, self.number = fence, 0
            self.lose()
            self._asked_at = None

    def pop_due(self, now: float) -> bool:
        """Whether the answer is to be asked for now."""
        if not self.shown.is_coming:
            return False
        assert self.shown.turn
        if self._turn != self.shown.turn.number:
            self._turn, self._asked_at = self.shown.turn.number, None
            self.lose()
        every = RENEW_S if self.is_in_step else ASK_AGAIN_S
        if self._asked_at is not None and now - self._asked_at < every:
            return False
        self._asked_at = now
        return True


def _turn_of(frame: Live) -> int:
    return frame.number if isinstance(frame, frames.TurnChanged) else frame.turn
