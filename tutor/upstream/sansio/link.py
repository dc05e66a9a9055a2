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
socket, or none was ready in READY_TIMEOUT_S, it is sent over HTTP.

A socket that cannot be had says little of the model: filters and many servers refuse sockets and
nothing else. So the page is told that the model cannot be reached only after HTTP was tried
(Probe); and our key is at fault only if HTTP refuses it as well.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final, assert_never

from tutor.upstream.sansio.causes import KEY_REFUSED, is_refused_for_good
from tutor.upstream.sansio.link_events import (
    NOT_AVAILABLE,
    OUT_OF_REACH,
    Abandoned,
    Announce,
    Ask,
    Close,
    CloseReason,
    Decision,
    Dial,
    Ended,
    Event,
    HttpEnded,
    Lost,
    NoteForbidden,
    NoteNoWebSocket,
    NoWebSocket,
    Opened,
    Prepared,
    Probe,
    Probed,
    QuestionCame,
    QuestionOver,
    Rang,
    Reach,
    ReadEnded,
    Refused,
    Route,
    RouteSought,
    Sent,
    SocketEvent,
    Started,
    Unusable,
    WarmUp,
)

# How long a question waits for a socket; the student sees «connecting» meanwhile.
READY_TIMEOUT_S: Final = 10.0
WARM_UP_TIMEOUT_S: Final = 4.0
# A request that nobody waits for may run so long to its end before its socket is given up.
DRAIN_S: Final = 2.0
# After so many handshakes in a row that failed, questions go over HTTP until one succeeds; after
# one that was refused for good, at once.
HANDSHAKES: Final = 3
# How long before a handshake that was refused because of our key is tried again.
FORBIDDEN_S: Final = 60.0
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
        # The HTTP status by which the last handshake was refused; 0 if it was not.
        self._refusal = 0
        # Whether the server, or what is before it, takes no sockets, as far as is known.
        self._takes_none = False
        # Whether an answer to Probe is to come.
        self._is_probing = False
        # What the page was told last; None before the first time.
        self._told: Announce | None = None
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
        return self._takes_none or self._failures >= HANDSHAKES

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
            case Probed(reach):
                return self._probed(reach, now)
            case Rang():
                return self._rang(now)
            case Sent() | Ended() | Abandoned():
                return self._request_changed(event, now)
            case QuestionCame() | RouteSought() | HttpEnded() | QuestionOver():
                return self._question_changed(event, now)
            case _:
                return self._socket_changed(event, now)

    # The socket

    def _socket_changed(self, event: SocketEvent, now: float) -> tuple[Decision, ...]:
        match event:
            case Started():
                return self._dial(now)
            case Opened():
                return self._opened(event, now)
            case ReadEnded():
                return self._read_ended()
            case NoWebSocket(retry_s):
                return self._without_websocket(retry_s, now)
            case Refused() | Lost():
                return self._lost(event, now)
            case Unusable(reason):
                return self._close(reason)
            case Prepared():
                return self._prepared()
            case _:
                assert_never(event)

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
        self._takes_none, self._refusal = False, 0
        self._old_at, self._idle_s, self._asked_at = now + opened.rotate_s, opened.idle_s, now
        return (WarmUp(),)

    def _prepared(self) -> tuple[Decision, ...]:
        if self.state is not State.WARMING:
            return ()
        self._enter(State.READY)
        return self._announce(Announce(reachable=True))

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
            self._refusal, self._takes_none = lost.status, is_refused_for_good(lost.status)
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
        self._failures += 1
        self._enter(State.BACKING_OFF)
        self._is_hurried = self.has_question
        # Even for a question not in a tight loop.
        hurries = self._is_hurried and not self._takes_none
        self._retry_at = now + (BACKOFF_S[0] if hurries else self._pause_s)
        return self._probe()

    @property
    def _pause_s(self) -> float:
        """The pause after so many failures, with jitter."""
        return self._spread(BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1])

    def _without_websocket(self, retry_s: float, now: float) -> tuple[Decision, ...]:
        """Somebody else has been refused a socket: none is dialled for us."""
        self._failures += 1
        self._enter(State.BACKING_OFF)
        self._takes_none, self._retry_at = True, now + retry_s
        return self._probe()

    # The other way

    def _probe(self) -> tuple[Decision, ...]:
        if self._is_probing:
            return ()
        self._is_probing = True
        return (Probe(),)

    def _probed(self, reach: Reach, now: float) -> tuple[Decision, ...]:
        self._is_probing = False
        if self.state not in (State.BACKING_OFF, State.CONNECTING):
            return ()  # a socket has opened meanwhile, or nobody wants one
        if reach is Reach.NONE:
            if self._retry_at is not None:
                # Whoever waits longer for a socket learns by this that HTTP works again.
                self._retry_at = min(self._retry_at, now + self._pause_s)
            return self._announce(Announce(reachable=False, message=OUT_OF_REACH))
        if reach is Reach.KEY_REFUSED and self._refusal in KEY_REFUSED:
            if self._retry_at is not None:
                self._retry_at = now + self._spread(FORBIDDEN_S)
            news = Announce(reachable=False, message=NOT_AVAILABLE)
            return (NoteForbidden(self._refusal), *self._announce(news))
        refused: tuple[Decision, ...] = ()
        if self._takes_none and self._refusal:
            self._refusal, refused = 0, (NoteNoWebSocket(),)
        return (*refused, *self._announce(Announce(reachable=True)))

    def _announce(self, news: Announce) -> tuple[Decision, ...]:
        """Tell the page, unless it was told the same; that a socket is ready it hears each time."""
        is_known = news == self._told and self.state is not State.READY
        self._told = news
        return () if is_known else (news,)

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
                elif self.state is State.BACKING_OFF and not (self._is_hurried or self._takes_none):
                    self._is_hurried, self._retry_at = True, now + BACKOFF_S[0]
            case RouteSought():
                self._asked_at, self._route_until = now, now + READY_TIMEOUT_S
            case HttpEnded(answered):
                if answered:
                    return self._announce(Announce(reachable=True))
                return self._probe() if self.state is State.BACKING_OFF else ()
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
        # The socket may take its time.
        self.has_question = False
        return (Ask(Route.HTTP),)


def _is_due(time: float | None, now: float) -> bool:
    return time is not None and now >= time
