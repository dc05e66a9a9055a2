"""The states of the link to the model, and all transitions between them. Pure.

Events go in, each with the time at which it happened; decisions come out. `tutor.upstream.socket`
does what is decided, and rings when `Link.timer` is due.

    IDLE --Started, or a question--> CONNECTING --Opened--> WARMING --Prepared--> READY
    CONNECTING --Refused, Lost--> BACKING_OFF --Rang--> CONNECTING
    WARMING, READY --ReadEnded, Unusable, or Rang: old, not used, not answering--> CLOSING
    CLOSING --Lost--> CONNECTING if we closed it: replaced at once and without a word;
                      IDLE if we did because nobody had asked for long;
                      BACKING_OFF if we did not, or it did not answer, or it lived too short

Beside the socket there is at most one request on it, and at most one question. A question waits for
its route until the socket is READY and carries no other request. Where there is no hope for a
socket it is sent over HTTP, or fails; so it does when it has waited for READY_TIMEOUT_S.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final, assert_never

from tutor.upstream.sansio.causes import KEY_REFUSED
from tutor.upstream.sansio.link_events import (
    Abandoned,
    Announce,
    Ask,
    Close,
    CloseReason,
    Decision,
    Dial,
    Ended,
    Event,
    Fail,
    HttpEnded,
    Lost,
    Opened,
    Prepared,
    QuestionCame,
    QuestionOver,
    Rang,
    ReadEnded,
    Refused,
    Route,
    RouteSought,
    Sent,
    Started,
    Unusable,
    WarmUp,
)
from tutor.upstream.sansio.parse import NOT_ALLOWED, UNREACHABLE

# How long a question waits for a socket; the student sees «connecting» meanwhile.
READY_TIMEOUT_S: Final = 10.0
WARM_UP_TIMEOUT_S: Final = 4.0
# A request that nobody waits for may run so long to its end before its socket is given up.
DRAIN_S: Final = 2.0
# After so many handshakes in a row that failed, questions go over HTTP until one succeeds.
HANDSHAKES: Final = 3
BACKOFF_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
# A socket that we closed ourselves is replaced without a word and a pause, if it lived so long: a
# server that calls every socket too old is not asked in a tight loop.
SHORT_LIFE_S: Final = 1.0


class State(Enum):
    """Of the socket."""

    IDLE = auto()  # none, and none is wanted before the next question
    CONNECTING = auto()  # one is being opened
    WARMING = auto()  # open; the API may be reading the history ahead of the first question
    READY = auto()  # open, for questions
    CLOSING = auto()  # at its end: we close it, or it broke off
    BACKING_OFF = auto()  # none, until the next attempt


OPEN: Final = frozenset({State.WARMING, State.READY})

TRANSITIONS: Final = {
    State.IDLE: {State.CONNECTING, State.BACKING_OFF},
    State.CONNECTING: {State.WARMING, State.BACKING_OFF},
    State.WARMING: {State.READY, State.CLOSING},
    State.READY: {State.CLOSING},
    State.CLOSING: {State.CONNECTING, State.IDLE, State.BACKING_OFF},
    State.BACKING_OFF: {State.CONNECTING},
}


class Request(Enum):
    """The request on the socket."""

    NONE = auto()
    UNDER_WAY = auto()
    ABANDONED = auto()  # nobody waits for it any more; the next one has to wait for its end


class Link:
    """One student's link to the model. `spread` turns a pause into one with jitter."""

    def __init__(self, spread: Callable[[float], float]) -> None:
        self._spread = spread
        self.state = State.IDLE
        # The request on the socket; NONE without one.
        self.request = Request.NONE
        # Why we closed the last socket; None if we did not.
        self.close_reason: CloseReason | None = None
        # Whether somebody waits for a socket, or asks over it: no warm-up, no long pause.
        self.has_question = False
        # Sockets in a row that were refused or lost before anything was answered on them.
        self._failures = 0
        # Whether the API has refused our key: nothing will help until an operator does.
        self._is_forbidden = False
        # Whether the last question over HTTP was answered: nobody need know of the socket then.
        self._http_works = False
        # When the present socket was dialled.
        self._dialed_at = 0.0
        # When an open socket has come to its age; and how long it may be without use, since when.
        self._old_at = self._idle_s = self._asked_at = 0.0
        # Until when the next attempt, the warm-up, the end of an abandoned request and the route of
        # a question are waited for; None where nothing of the kind is under way.
        self._retry_at: float | None = None
        self._warm_up_until: float | None = None
        self._drain_until: float | None = None
        self._route_until: float | None = None
        # Whether the pause between two attempts was cut short for a question.
        self._is_hurried = False

    # What the driver may ask

    @property
    def is_hopeless(self) -> bool:
        """Whether a question need not wait for a socket."""
        return self._is_forbidden or self._failures >= HANDSHAKES

    @property
    def can_send(self) -> bool:
        """Whether the socket takes a request now."""
        return self.state in OPEN and self.request is Request.NONE

    @property
    def may_warm_up(self) -> bool:
        """Whether nobody waits for the socket yet."""
        return self.state is State.WARMING and self.can_send and not self.has_question

    @property
    def timer(self) -> float | None:
        """When `Rang` is due; None while only the world can do something."""
        times = (
            self._retry_at, self._warm_up_until, self._drain_until, self._route_until,
            self._replace_at,
        )  # fmt: skip
        return min((time for time in times if time is not None), default=None)

    @property
    def _replace_at(self) -> float | None:
        """When the socket is too old, or was not used for too long: never during a question."""
        if self.state is State.READY and self.can_send and not self.has_question:
            return min(self._old_at, self._asked_at + self._idle_s)
        return None

    def handle(self, event: Event, now: float) -> tuple[Decision, ...]:
        """Take an event in. The caller does what comes back, in this order."""
        return (*self._handle(event, now), *self._routed())

    def _handle(self, event: Event, now: float) -> tuple[Decision, ...]:
        match event:
            case Started():
                return self._dial(now)
            case Opened():
                return self._opened(event, now)
            case ReadEnded():
                return self._read_ended()
            case Refused() | Lost():
                return self._lost(event, now)
            case Unusable(reason):
                return self._close(reason)
            case Prepared():
                return self._prepared()
            case Rang():
                return self._rang(now)
            case Sent() | Ended() | Abandoned():
                return self._request_changed(event, now)
            case QuestionCame() | RouteSought() | HttpEnded() | QuestionOver():
                return self._question_changed(event, now)
            case _:
                assert_never(event)

    # The socket

    def _enter(self, state: State) -> None:
        """The only place that changes the state. A deadline belongs to the state it was set in."""
        assert state in TRANSITIONS[self.state], (self.state, state)
        self.state = state
        self._retry_at = self._warm_up_until = None
        if state not in OPEN:
            self._drain_until = None

    def _dial(self, now: float) -> tuple[Decision, ...]:
        self._enter(State.CONNECTING)
        self.close_reason, self._dialed_at = None, now
        return (Dial(),)

    def _opened(self, opened: Opened, now: float) -> tuple[Decision, ...]:
        self._enter(State.WARMING)
        self._is_forbidden = False
        self._old_at, self._idle_s, self._asked_at = now + opened.rotate_s, opened.idle_s, now
        return (WarmUp(),)

    def _prepared(self) -> tuple[Decision, ...]:
        if self.state is not State.WARMING:
            return ()
        self._enter(State.READY)
        return (Announce(reachable=True),)

    def _close(self, reason: CloseReason) -> tuple[Decision, ...]:
        if self.state in OPEN:
            self._enter(State.CLOSING)
        elif self.state is not State.CLOSING:
            return ()
        self.close_reason = reason
        return (Close(reason),)

    def _read_ended(self) -> tuple[Decision, ...]:
        self.request = Request.NONE
        if self.state in OPEN:
            self._enter(State.CLOSING)
        return ()

    def _lost(self, lost: Refused | Lost, now: float) -> tuple[Decision, ...]:
        if isinstance(lost, Refused):
            self._is_forbidden = lost.status in KEY_REFUSED
        if self.close_reason is not CloseReason.IDLE:
            return self._replace(now)
        self._enter(State.IDLE)
        self._retry_at = now if self.has_question else None
        return ()

    def _replace(self, now: float) -> tuple[Decision, ...]:
        is_planned = self.close_reason not in (None, CloseReason.SILENT)
        if is_planned and now - self._dialed_at > SHORT_LIFE_S:
            return self._dial(now)
        return self._back_off(now)

    def _back_off(self, now: float) -> tuple[Decision, ...]:
        message = self._message
        self._failures += 1
        self._enter(State.BACKING_OFF)
        self._is_hurried = self.has_question
        # Even for a question not in a tight loop.
        pause_s = BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1]
        self._retry_at = now + (BACKOFF_S[0] if self._is_hurried else self._spread(pause_s))
        return () if self._http_works else (Announce(reachable=False, message=message),)

    def _rang(self, now: float) -> tuple[Decision, ...]:
        if _is_due(self._route_until, now):
            return self._without_socket()
        if _is_due(self._retry_at, now):
            return self._replace(now) if self.state is State.IDLE else self._dial(now)
        if _is_due(self._warm_up_until, now):
            return self._close(CloseReason.SILENT)
        if _is_due(self._drain_until, now):
            return self._close(CloseReason.DROPPED)
        if _is_due(self._replace_at, now):
            is_old = now >= self._old_at
            return self._close(CloseReason.ROTATED if is_old else CloseReason.IDLE)
        return ()

    # The request on it

    def _request_changed(self, event: Sent | Ended | Abandoned, now: float) -> tuple[Decision, ...]:
        match event:
            case Sent(is_warm_up):
                assert self.can_send
                self.request = Request.UNDER_WAY
                self._warm_up_until = now + WARM_UP_TIMEOUT_S if is_warm_up else None
            case Ended(answered):
                self.request, self._warm_up_until, self._drain_until = Request.NONE, None, None
                if answered:
                    # Only now: a server that opens sockets and closes them again is not well.
                    self._failures = 0
            case Abandoned() if self.request is Request.UNDER_WAY:
                self.request = Request.ABANDONED
                self._drain_until = now + DRAIN_S if self.state in OPEN else None
        return ()

    # The question

    def _question_changed(
        self, event: QuestionCame | RouteSought | HttpEnded | QuestionOver, now: float
    ) -> tuple[Decision, ...]:
        match event:
            case QuestionCame():
                self.has_question = True
                if self.state is State.IDLE:
                    self._retry_at = now
                elif self.state is State.BACKING_OFF and not self._is_hurried:
                    self._is_hurried, self._retry_at = True, now + BACKOFF_S[0]
            case RouteSought():
                self._asked_at, self._route_until = now, now + READY_TIMEOUT_S
            case HttpEnded(answered):
                self._http_works = answered
                return (Announce(reachable=True),) if answered else ()
            case QuestionOver():
                self.has_question, self._route_until = False, None
        return ()

    def _routed(self) -> tuple[Decision, ...]:
        """The route of the question that waits, if there is one by now."""
        if self._route_until is None or self.request is not Request.NONE:
            return ()
        if self.state is State.READY:
            self._route_until = None
            return (Ask(Route.SOCKET),)
        return self._without_socket() if self.is_hopeless else ()

    def _without_socket(self) -> tuple[Decision, ...]:
        self._route_until = None
        if self._failures < HANDSHAKES or self._is_forbidden:
            return (Fail(self._message),)
        # The socket may take its time.
        self.has_question = False
        return (Ask(Route.HTTP),)

    @property
    def _message(self) -> str:
        return NOT_ALLOWED if self._is_forbidden else UNREACHABLE


def _is_due(time: float | None, now: float) -> bool:
    return time is not None and now >= time
