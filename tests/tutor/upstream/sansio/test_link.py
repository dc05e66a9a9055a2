"""The link's transitions, one by one: no loop, no clock, no socket."""

import pytest

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
    Lost,
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

# By servers that know no WebSockets, by filters, and because of the key.
FOR_GOOD = (200, 204, 302, 400, 401, 403, 404, 405, 426, 451, 501)
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
UNREACHED = Announce(reachable=False, message=OUT_OF_REACH)


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
        # Nobody is told that the model is away before HTTP was tried.
        (State.CONNECTING, Lost(), 0, State.BACKING_OFF, [Probe()]),
        (State.CONNECTING, Refused(503), 0, State.BACKING_OFF, [Probe()]),
        (State.CONNECTING, Refused(401), 0, State.BACKING_OFF, [Probe()]),
        (State.CONNECTING, NoWebSocket(99), 0, State.BACKING_OFF, [Probe()]),
        (State.WARMING, Probed(Reach.NONE), 0, State.WARMING, []),
        (State.IDLE, Probed(Reach.NONE), 0, State.IDLE, []),
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
        (State.CLOSING, Lost(), SHORT_LIFE_S, State.BACKING_OFF, [Probe()]),
        (State.BACKING_OFF, Probed(Reach.NONE), 0, State.BACKING_OFF, [UNREACHED]),
        (State.BACKING_OFF, Probed(Reach.ANSWERS), 0, State.BACKING_OFF, [Announce(True)]),
        (State.BACKING_OFF, Probed(Reach.KEY_REFUSED), 0, State.BACKING_OFF, [Announce(True)]),
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
    assert reached.handle(Lost(), 99) == (Probe(),)
    assert reached.state is State.BACKING_OFF
    assert reached.handle(Probed(Reach.NONE), 99) == (UNREACHED,)


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
    assert reached.handle(Lost(), WARM_UP_TIMEOUT_S) == (Probe(),)
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
        (failed(HANDSHAKES - 1, status=503), []),
        (failed(HANDSHAKES - 1, status=429), []),
        *((failed(1, status=status), [Ask(Route.HTTP)]) for status in FOR_GOOD),
        (at(State.CONNECTING, NoWebSocket(99)), [Ask(Route.HTTP)]),
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
        (at(State.CONNECTING), Refused(403), [Probe(), Ask(Route.HTTP)]),
        (at(State.CONNECTING), NoWebSocket(99), [Probe(), Ask(Route.HTTP)]),
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
    assert reached.handle(Refused(503), now) == (Ask(Route.HTTP),)
    assert not reached.has_question  # the socket may take its time


def test_a_question_waits_only_so_long_for_a_socket() -> None:
    """A filter may swallow handshakes without a word."""
    reached = at(State.CONNECTING, QuestionCame(), RouteSought())
    assert reached.timer == READY_TIMEOUT_S
    assert reached.handle(Rang(), READY_TIMEOUT_S) == (Ask(Route.HTTP),)


def test_a_question_taken_back_is_routed_nowhere() -> None:
    reached = at(State.CONNECTING, QuestionCame(), RouteSought(), QuestionOver())
    assert reached.handle(OPENED, 1) == (WarmUp(),)
    assert reached.handle(Prepared(), 1) == (Announce(True),)


# A request on the socket


@pytest.mark.parametrize("event", [Rang(), Abandoned()])
def test_a_socket_is_not_replaced_while_a_request_is_on_it(event: Event) -> None:
    reached = at(State.READY, Sent())
    assert not reached.can_send
    assert reached.handle(event, ROTATE_S) == ()
    reached.handle(Ended(answered=True), ROTATE_S)
    assert reached.handle(Rang(), ROTATE_S) == (Close(CloseReason.ROTATED),)


@pytest.mark.parametrize("event", [QuestionCame(), RouteSought()])
def test_a_socket_is_not_replaced_while_a_question_is_on_its_way_to_it(event: Event) -> None:
    reached = at(State.READY, QuestionCame())
    assert reached.handle(event, 1) in ((), (Ask(Route.SOCKET),))
    assert reached.timer is None
    assert reached.handle(Rang(), ROTATE_S) == ()
    reached.handle(QuestionOver(), ROTATE_S)
    assert reached.handle(Rang(), ROTATE_S) == (Close(CloseReason.ROTATED),)


def test_an_abandoned_request_that_does_not_end_costs_its_socket() -> None:
    reached = at(State.READY, Sent(), Abandoned())
    assert reached.timer == DRAIN_S
    assert reached.handle(Rang(), DRAIN_S) == (Close(CloseReason.DROPPED),)
    reached.handle(ReadEnded(), DRAIN_S)
    assert reached.handle(Lost(), DRAIN_S) == (Dial(),)
    assert reached.request is Request.NONE
