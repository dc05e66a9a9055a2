"""The link's transitions, one by one and in any order: no loop, no clock, no socket."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tutor.upstream.sansio import link
from tutor.upstream.sansio.link import (
    BACKOFF_S,
    DRAIN_S,
    HANDSHAKES,
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

ROTATE_S, IDLE_S = 3300.0, 1200.0
OPENED = Opened(ROTATE_S, IDLE_S)
# Where each state is reached from the beginning, and nothing has gone wrong yet.
WAY_TO: dict[State, list[Event]] = {
    State.IDLE: [],
    State.CONNECTING: [Started()],
    State.WARMING: [Started(), OPENED],
    State.READY: [Started(), OPENED, Prepared()],
    State.CLOSING: [Started(), OPENED, Prepared(), Unusable(CloseReason.ERROR)],
    State.BACKING_OFF: [Started(), Lost()],
}
UNREACHED = Announce(reachable=False, message=UNREACHABLE)


def at(state: State, *events: Event) -> Link:
    """A link in this state, and then what these events make of it; all at time 0."""
    reached = Link(lambda seconds: seconds)
    for event in WAY_TO[state]:
        reached.handle(event, 0)
    assert reached.state is state
    for event in events:
        reached.handle(event, 0)
    return reached


def failed(times: int, *, status: int = 0) -> Link:
    """A link in the pause after so many attempts in vain."""
    reached = at(State.CONNECTING)
    for number in range(times):
        if number:
            reached.handle(Rang(), reached.timer or 0)
        reached.handle(Refused(status) if status else Lost(), reached.timer or 0)
    assert reached.state is State.BACKING_OFF
    return reached


@pytest.mark.parametrize(
    ("before", "event", "now", "after", "decisions"),
    [
        (State.IDLE, Started(), 0, State.CONNECTING, [Dial()]),
        (State.CONNECTING, OPENED, 0, State.WARMING, [WarmUp()]),
        (State.CONNECTING, Lost(), 0, State.BACKING_OFF, [UNREACHED]),
        (State.CONNECTING, Refused(503), 0, State.BACKING_OFF, [UNREACHED]),
        (State.CONNECTING, Refused(401), 0, State.BACKING_OFF, [Announce(False, NOT_ALLOWED)]),
        (State.WARMING, Prepared(), 0, State.READY, [Announce(True)]),
        (State.WARMING, ReadEnded(), 9, State.CLOSING, []),
        (State.WARMING, Unusable(CloseReason.TOO_OLD), 0, State.CLOSING,
         [Close(CloseReason.TOO_OLD)]),
        (State.READY, ReadEnded(), 9, State.CLOSING, []),
        (State.READY, Rang(), IDLE_S - 1, State.READY, []),
        (State.READY, Rang(), IDLE_S, State.CLOSING, [Close(CloseReason.IDLE)]),
        (State.READY, Rang(), ROTATE_S, State.CLOSING, [Close(CloseReason.ROTATED)]),
        (State.CLOSING, ReadEnded(), 0, State.CLOSING, []),
        (State.CLOSING, Prepared(), 0, State.CLOSING, []),
        (State.CLOSING, Unusable(CloseReason.UNCLEAR), 0, State.CLOSING,
         [Close(CloseReason.UNCLEAR)]),
        (State.CLOSING, Lost(), SHORT_LIFE_S + 1, State.CONNECTING, [Dial()]),
        (State.CLOSING, Lost(), SHORT_LIFE_S, State.BACKING_OFF, [UNREACHED]),
        (State.BACKING_OFF, Rang(), BACKOFF_S[0] - 0.1, State.BACKING_OFF, []),
        (State.BACKING_OFF, Rang(), BACKOFF_S[0], State.CONNECTING, [Dial()]),
        # Whoever finds out too late that a socket is unusable does nothing to the next one.
        (State.CONNECTING, Unusable(CloseReason.STUCK), 0, State.CONNECTING, []),
    ],
)  # fmt: skip
def test_each_event_leads_where_the_table_says(
    before: State, event: Event, now: float, after: State, decisions: list[Decision]
) -> None:
    reached = at(before)
    assert list(reached.handle(event, now)) == decisions
    assert reached.state is after


def test_the_states_can_all_be_reached_and_left() -> None:
    assert set(link.TRANSITIONS) == set(State)
    assert {after for states in link.TRANSITIONS.values() for after in states} == set(State)


def test_a_socket_that_breaks_off_is_not_replaced_without_a_word() -> None:
    reached = at(State.READY, ReadEnded())
    assert reached.handle(Lost(), 99) == (UNREACHED,)
    assert reached.state is State.BACKING_OFF


# The pause between two attempts


def test_each_attempt_in_vain_is_followed_by_a_longer_pause_up_to_the_longest() -> None:
    reached = at(State.CONNECTING)
    now, pauses = 0.0, []
    for _ in range(len(BACKOFF_S) + 2):
        reached.handle(Lost(), now)
        assert reached.timer
        pauses.append(reached.timer - now)
        now = reached.timer
        assert reached.handle(Rang(), now) == (Dial(),)
    assert pauses == pytest.approx([*BACKOFF_S, BACKOFF_S[-1], BACKOFF_S[-1]])


def test_pauses_have_jitter() -> None:
    reached = Link(lambda seconds: seconds / 2)
    reached.handle(Started(), 0)
    reached.handle(Lost(), 0)
    assert reached.timer == BACKOFF_S[0] / 2


def test_a_socket_that_was_opened_but_answered_nothing_makes_the_next_pause_longer() -> None:
    reached = failed(2)
    now = reached.timer or 0
    for event in (Rang(), OPENED, Prepared(), ReadEnded(), Lost()):
        reached.handle(event, now)
    assert reached.timer == now + BACKOFF_S[2]


def test_an_answer_makes_the_next_pause_short_again() -> None:
    reached = failed(2)
    now = reached.timer or 0
    warmed_up: list[Event] = [Sent(is_warm_up=True), Ended(answered=True), Prepared()]
    for event in (Rang(), OPENED, *warmed_up, ReadEnded(), Lost()):
        reached.handle(event, now)
    assert reached.timer == now + BACKOFF_S[0]


def test_a_question_cuts_the_pause_short_once() -> None:
    reached = failed(2)
    reached.handle(QuestionCame(), 1)
    assert reached.timer == 1 + BACKOFF_S[0]
    for event in (QuestionOver(), QuestionCame()):
        reached.handle(event, 1.2)
    assert reached.timer == 1 + BACKOFF_S[0]


def test_a_question_that_waits_already_makes_the_pause_short() -> None:
    reached = failed(2)
    now = reached.timer or 0
    for event in (Rang(), QuestionCame(), Lost()):
        reached.handle(event, now)
    assert reached.timer == now + BACKOFF_S[0]


# A socket that nobody uses


def asleep() -> Link:
    reached = at(State.READY)
    reached.handle(Rang(), IDLE_S)
    assert reached.handle(Lost(), IDLE_S) == ()
    assert (reached.state, reached.timer) == (State.IDLE, None)
    return reached


def test_a_socket_closed_for_want_of_questions_is_opened_by_the_next_one() -> None:
    reached = asleep()
    reached.handle(QuestionCame(), IDLE_S + 5)
    assert reached.timer == IDLE_S + 5
    assert reached.handle(Rang(), IDLE_S + 5) == (Dial(),)


def test_a_question_that_comes_while_it_closes_opens_it_too() -> None:
    reached = at(State.READY)
    for event in (Rang(), QuestionCame(), Lost()):
        reached.handle(event, IDLE_S)
    assert reached.timer == IDLE_S
    assert reached.handle(Rang(), IDLE_S) == (Dial(),)


def test_a_question_makes_the_socket_stay() -> None:
    reached = at(State.READY)
    for event in (QuestionCame(), RouteSought(), QuestionOver()):
        reached.handle(event, IDLE_S - 1)
    assert reached.timer == IDLE_S - 1 + IDLE_S


# The warm-up


def test_a_socket_is_not_warmed_up_while_a_question_waits() -> None:
    assert at(State.WARMING).may_warm_up
    assert not at(State.WARMING, QuestionCame()).may_warm_up
    assert not at(State.READY).may_warm_up


def test_a_warm_up_that_is_not_answered_costs_the_socket_and_is_a_failure() -> None:
    reached = at(State.WARMING, Sent(is_warm_up=True))
    assert reached.timer == WARM_UP_TIMEOUT_S
    assert reached.handle(Rang(), WARM_UP_TIMEOUT_S) == (Close(CloseReason.SILENT),)
    assert reached.handle(Lost(), WARM_UP_TIMEOUT_S) == (UNREACHED,)
    assert reached.state is State.BACKING_OFF


def test_a_warm_up_that_was_answered_is_not_waited_for() -> None:
    assert at(State.WARMING, Sent(is_warm_up=True), Ended(answered=False)).timer is None


# The way of a question


@pytest.mark.parametrize(
    ("reached", "decisions"),
    [
        (at(State.READY), [Ask(Route.SOCKET)]),
        (at(State.READY, Sent(), Abandoned()), []),
        *((at(state), []) for state in State if state is not State.READY),
        (failed(HANDSHAKES - 1), []),
        (failed(HANDSHAKES), [Ask(Route.HTTP)]),
        (failed(1, status=403), [Fail(NOT_ALLOWED)]),
        (failed(HANDSHAKES, status=401), [Fail(NOT_ALLOWED)]),
    ],
)
def test_a_question_goes_over_the_socket_or_over_http_or_waits(
    reached: Link, decisions: list[Decision]
) -> None:
    reached.handle(QuestionCame(), 0)
    assert list(reached.handle(RouteSought(), 0)) == decisions


@pytest.mark.parametrize(
    ("reached", "event", "decisions"),
    [
        (at(State.WARMING), Prepared(), [Announce(True), Ask(Route.SOCKET)]),
        (at(State.READY, Sent(), Abandoned()), Ended(answered=True), [Ask(Route.SOCKET)]),
        (at(State.CONNECTING), Refused(403), [Announce(False, NOT_ALLOWED), Fail(NOT_ALLOWED)]),
    ],
)
def test_a_question_that_waits_hears_of_it_at_once(
    reached: Link, event: Event, decisions: list[Decision]
) -> None:
    reached.handle(QuestionCame(), 0)
    reached.handle(RouteSought(), 0)
    assert list(reached.handle(event, 0)) == decisions


def test_the_third_refusal_sends_a_question_that_waits_over_http() -> None:
    reached = failed(HANDSHAKES - 1)
    now = reached.timer or 0
    for event in (Rang(), QuestionCame(), RouteSought()):
        reached.handle(event, now)
    assert reached.handle(Refused(503), now) == (UNREACHED, Ask(Route.HTTP))
    assert not reached.has_question  # the socket may take its time


def test_a_question_waits_only_so_long() -> None:
    reached = at(State.CONNECTING, QuestionCame(), RouteSought())
    assert reached.timer == READY_TIMEOUT_S
    assert reached.handle(Rang(), READY_TIMEOUT_S) == (Fail(UNREACHABLE),)


def test_a_question_taken_back_is_routed_nowhere() -> None:
    reached = at(State.CONNECTING, QuestionCame(), RouteSought(), QuestionOver())
    assert reached.handle(OPENED, 1) == (WarmUp(),)
    assert reached.handle(Prepared(), 1) == (Announce(True),)


def test_while_http_works_nobody_is_told_that_the_socket_does_not() -> None:
    reached = failed(HANDSHAKES)
    assert reached.handle(HttpEnded(answered=True), 9) == (Announce(True),)
    reached.handle(Rang(), 99)
    assert reached.handle(Lost(), 99) == ()
    assert reached.handle(HttpEnded(answered=False), 99) == ()
    reached.handle(Rang(), 999)
    assert reached.handle(Lost(), 999) == (UNREACHED,)


def test_a_key_that_is_taken_again_makes_questions_wait_for_the_socket() -> None:
    reached = failed(1, status=401)
    for event in (Rang(), OPENED, QuestionCame()):
        reached.handle(event, 1)
    assert reached.handle(RouteSought(), 1) == ()
    assert reached.handle(Prepared(), 1) == (Announce(True), Ask(Route.SOCKET))


# A request on the socket


@pytest.mark.parametrize("event", [Rang(), Abandoned()])
def test_a_socket_is_not_replaced_while_a_request_is_on_it(event: Event) -> None:
    reached = at(State.READY, Sent())
    assert not reached.can_send
    assert reached.handle(event, ROTATE_S) == ()
    reached.handle(Ended(answered=True), ROTATE_S)
    assert reached.handle(Rang(), ROTATE_S) == (Close(CloseReason.ROTATED),)


def test_an_abandoned_request_that_does_not_end_costs_its_socket() -> None:
    reached = at(State.READY, Sent(), Abandoned())
    assert reached.timer == DRAIN_S
    assert reached.handle(Rang(), DRAIN_S) == (Close(CloseReason.DROPPED),)
    reached.handle(ReadEnded(), DRAIN_S)
    assert reached.handle(Lost(), DRAIN_S) == (Dial(),)
    assert reached.request is Request.NONE


# In any order


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
                    assert self.sockets
                    if reason in (CloseReason.ROTATED, CloseReason.IDLE):
                        assert not self.requests
                        assert not self.link.has_question
                case Ask(route):
                    self.decide()
                    self.route = route
                case Fail(message):
                    self.decide()
                    assert message
                case Announce(reachable, message):
                    assert reachable == (not message)
        return decisions

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
    @rule(event=st.sampled_from([Lost(), Refused(503), Refused(401)]))
    def socket_does_not_open(self, event: Event) -> None:
        self.dialing = 0
        self.feed(event)

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
                assert self.link.timer - self.now <= max(BACKOFF_S)
            case State.IDLE:
                assert self.link.timer is not None or not self.link.has_question
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
