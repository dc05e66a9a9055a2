"""The link in any order of events, by a driver that does what is decided: what always holds."""

from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tutor.upstream.sansio import link
from tutor.upstream.sansio.link import (
    BACKOFF_S,
    DRAIN_S,
    FORBIDDEN_S,
    READY_TIMEOUT_S,
    SHORT_LIFE_S,
    WARM_UP_TIMEOUT_S,
    Link,
    Request,
    State,
)
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
    Started,
    Unusable,
    WarmUp,
)

OPENED = Opened(rotate_s=3300.0, idle_s=1200.0)
NO_WEBSOCKET = NoWebSocket(retry_s=600.0)


class AnyOrder(RuleBasedStateMachine):
    """A driver that does what is decided, in a world where anything may happen next."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.link = Link(lambda seconds: seconds * self.jitter)
        self.jitter = 1.0
        # Handshakes under way, and open sockets; never more than one of both.
        self.dialing = self.sockets = 0
        self.dialed_at: list[float] = []
        # Until when the question that waits has to hear of its route; and its route.
        self.waits_until: float | None = None
        self.route: Route | None = None
        # Requests on the socket that have not ended, and questions asked over it.
        self.requests = 0
        self.questions = 0
        # Whether HTTP is being tried.
        self.is_probing = False
        # Whether the socket is being prepared; whether nothing more comes over it.
        self.warms_up = self.is_read = False
        self.feed(Started())

    def feed(self, event: Event) -> list[Decision]:
        decisions = list(self.link.handle(event, self.now))
        for decision in decisions:
            match decision:
                case Dial():
                    assert not self.dialing
                    assert not self.sockets
                    self.dialing = 1
                    self.dialed_at.append(self.now)
                case WarmUp():
                    self.warms_up = True
                case Close(reason):
                    self.close(reason)
                case Ask(route):
                    self.decide()
                    self.route = route
                    if route is Route.SOCKET:
                        assert self.sockets > self.requests
                case Probe():
                    assert not self.is_probing
                    self.is_probing = True
                case NoteNoWebSocket() | NoteForbidden():
                    assert not self.sockets
                case Announce(reachable, message):
                    assert reachable == (not message)
                    assert reachable or isinstance(event, Probed), "HTTP was not tried"
        return decisions

    def close(self, reason: CloseReason) -> None:
        """A socket is closed, which there is; for nobody's sake only if nobody uses it."""
        assert self.sockets
        if reason in (CloseReason.ROTATED, CloseReason.IDLE):
            assert not self.requests
            assert not self.link.has_question

    def decide(self) -> None:
        """A question hears of its route: once, and only if it waits for one."""
        assert self.waits_until is not None
        self.waits_until = None

    # The world

    @rule(seconds=st.sampled_from([0.01, 0.5, 2, 5, 11, 1200, 3300]))
    def time_passes(self, seconds: float) -> None:
        """With all bells that ring meanwhile, in time."""
        until = self.now + seconds
        while self.link.timer is not None and self.link.timer <= until:
            self.now = max(self.now, self.link.timer)
            before = self.link.timer
            self.feed(Rang())
            assert self.link.timer != before, "it would ring for ever"
        self.now = until

    @precondition(lambda self: self.link.state in (State.BACKING_OFF, State.CONNECTING))
    @rule()
    def all_goes_well(self) -> None:
        """A socket opens and is prepared."""
        if self.link.state is State.BACKING_OFF and self.link.timer is not None:
            self.time_passes(self.link.timer - self.now)
        if self.dialing:
            self.socket_opens()
            self.socket_is_prepared()
            assert self.link.state is State.READY

    @precondition(lambda self: self.link.state is State.READY)
    @rule(seconds=st.sampled_from([1200.0, 3300.0]))
    def nothing_happens_for_long(self, seconds: float) -> None:
        self.time_passes(seconds)

    @rule(jitter=st.floats(0.5, 1.0))
    def chance_is_another(self, jitter: float) -> None:
        self.jitter = jitter

    @precondition(lambda self: self.dialing)
    @rule()
    def socket_opens(self) -> None:
        self.dialing, self.sockets = 0, 1
        self.feed(OPENED)
        assert self.warms_up

    @precondition(lambda self: self.dialing)
    @rule(event=st.sampled_from([Lost(), Refused(503), Refused(401), Refused(404), NO_WEBSOCKET]))
    def socket_does_not_open(self, event: Event) -> None:
        self.dialing = 0
        self.feed(event)

    @precondition(lambda self: self.is_probing)
    @rule(reach=st.sampled_from(Reach))
    def http_was_tried(self, reach: Reach) -> None:
        self.is_probing = False
        self.feed(Probed(reach))

    @precondition(lambda self: self.sockets and not self.is_read)
    @rule()
    def socket_is_at_its_end(self) -> None:
        self.is_read, self.requests = True, 0
        self.feed(ReadEnded())
        assert self.link.state is State.CLOSING

    @precondition(lambda self: self.is_read)
    @rule()
    def socket_is_lost(self) -> None:
        self.sockets, self.is_read, self.warms_up = 0, False, False
        self.feed(Lost())

    @rule(reason=st.sampled_from([CloseReason.TOO_OLD, CloseReason.ERROR, CloseReason.STUCK]))
    def socket_is_unusable(self, reason: CloseReason) -> None:
        self.feed(Unusable(reason))
        assert self.link.state is not State.READY

    @precondition(lambda self: self.warms_up and self.link.may_warm_up)
    @rule()
    def warm_up_is_sent(self) -> None:
        self.feed(Sent(is_warm_up=True))
        self.requests += 1

    @precondition(lambda self: self.warms_up and not self.requests)
    @rule()
    def socket_is_prepared(self) -> None:
        self.warms_up = False
        self.feed(Prepared())

    @precondition(lambda self: self.requests)
    @rule(answered=st.booleans())
    def request_ends(self, answered: bool) -> None:
        self.requests -= 1
        self.feed(Ended(answered))

    # The student

    @precondition(lambda self: not self.questions)
    @rule()
    def question_comes(self) -> None:
        self.questions = 1
        self.feed(QuestionCame())
        self.route_is_sought()

    @precondition(lambda self: self.questions and self.waits_until is None and not self.route)
    @rule()
    def route_is_sought(self) -> None:
        self.waits_until = self.now + READY_TIMEOUT_S
        self.feed(RouteSought())

    @precondition(lambda self: self.route)
    @rule(answered=st.booleans())
    def question_is_sent(self, answered: bool) -> None:
        route, self.route = self.route, None
        if route is Route.HTTP:
            self.feed(HttpEnded(answered))
        elif self.link.can_send:
            self.feed(Sent())
            self.requests += 1

    @precondition(lambda self: self.questions)
    @rule()
    def question_is_over(self) -> None:
        """Also in the middle: then what is on the socket is abandoned."""
        self.questions, self.waits_until, self.route = 0, None, None
        if self.link.request is Request.UNDER_WAY:
            self.feed(Abandoned())
        self.feed(QuestionOver())

    # What always holds

    @invariant()
    def at_most_one_socket_asks_one_request(self) -> None:
        assert self.dialing + self.sockets <= 1
        assert self.requests <= self.sockets
        assert self.requests == (self.link.request is not Request.NONE)
        assert bool(self.sockets) == (self.link.state in link.OPEN | {State.CLOSING})
        assert bool(self.dialing) == (self.link.state is State.CONNECTING)

    @invariant()
    def no_question_waits_for_ever(self) -> None:
        if self.waits_until is not None:
            assert self.link.timer is not None
            assert self.link.timer <= self.waits_until
            assert self.now <= self.waits_until

    @invariant()
    def something_is_always_to_come(self) -> None:
        """Every state ends by itself or by the world, unless nobody wants anything."""
        match self.link.state:
            case State.BACKING_OFF:
                assert self.link.timer is not None
                assert self.link.timer - self.now <= max(FORBIDDEN_S, NO_WEBSOCKET.retry_s)
            case State.IDLE if self.link.has_question:
                assert self.link.timer is not None
                assert self.link.timer <= self.now
            case State.WARMING if self.requests:
                assert self.link.timer is not None or self.link.has_question
        if self.link.request is Request.ABANDONED and self.link.state in link.OPEN:
            assert self.link.timer is not None
            assert self.link.timer - self.now <= max(DRAIN_S, WARM_UP_TIMEOUT_S)

    @invariant()
    def no_server_is_asked_in_a_tight_loop(self) -> None:
        shortest = min(SHORT_LIFE_S, BACKOFF_S[0] / 2)
        for one, next_one in pairwise(self.dialed_at):
            assert next_one - one >= shortest * 0.999


TestAnyOrder: Any = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None, database=None
)
