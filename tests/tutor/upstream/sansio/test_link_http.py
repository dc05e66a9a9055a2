"""The link where no socket opens: what HTTP has to say before the page is told anything."""

import pytest

from tests.tutor.upstream.sansio.test_link import FOR_GOOD, OPENED, UNREACHED, at, failed
from tutor.upstream.sansio.link import BACKOFF_S, FORBIDDEN_S, HANDSHAKES, State
from tutor.upstream.sansio.link_events import (
    NOT_AVAILABLE,
    Announce,
    Ask,
    Decision,
    HttpEnded,
    Lost,
    NoteForbidden,
    NoteNoWebSocket,
    NoWebSocket,
    Prepared,
    Probe,
    Probed,
    QuestionCame,
    Rang,
    Reach,
    Route,
    RouteSought,
)

FORBIDDEN = Announce(reachable=False, message=NOT_AVAILABLE)


def test_while_http_works_nobody_is_told_that_the_socket_does_not() -> None:
    reached = failed(HANDSHAKES)
    assert reached.handle(HttpEnded(answered=True), 9) == (Announce(True),)
    assert reached.handle(Probed(Reach.ANSWERS), 9) == ()
    reached.handle(Rang(), 99)
    assert reached.handle(Lost(), 99) == (Probe(),)
    assert reached.handle(Probed(Reach.ANSWERS), 99) == ()


def test_a_question_that_was_not_answered_over_http_has_it_looked_at() -> None:
    reached = failed(HANDSHAKES)
    reached.handle(Probed(Reach.ANSWERS), 9)
    assert reached.handle(HttpEnded(answered=False), 9) == (Probe(),)
    assert reached.handle(HttpEnded(answered=False), 9) == ()  # it is being looked at
    assert reached.handle(Probed(Reach.NONE), 9) == (UNREACHED,)


def test_the_page_is_told_once_that_nothing_works_and_once_that_it_does() -> None:
    reached = failed(1)
    told: list[Decision] = []
    for reach in (Reach.NONE, Reach.NONE, Reach.ANSWERS, Reach.ANSWERS, Reach.NONE):
        told += reached.handle(Probed(reach), reached.timer or 0)
        told += reached.handle(Rang(), reached.timer or 0)
        told += reached.handle(Lost(), reached.timer or 0)
    assert [news for news in told if isinstance(news, Announce)] == [
        UNREACHED, Announce(True), UNREACHED,
    ]  # fmt: skip


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_is_refused_where_http_refuses_it_too(status: int) -> None:
    reached = failed(1, status=status)
    news = reached.handle(Probed(Reach.KEY_REFUSED), 0)
    assert news == (NoteForbidden(status), FORBIDDEN)
    assert reached.timer == FORBIDDEN_S
    # A question may find that it is taken again.
    reached.handle(QuestionCame(), 1)
    assert reached.handle(RouteSought(), 1) == (Ask(Route.HTTP),)
    assert reached.handle(HttpEnded(answered=True), 1) == (Announce(True),)


@pytest.mark.parametrize("status", FOR_GOOD)
def test_all_links_learn_of_a_server_that_takes_no_sockets_but_answers(status: int) -> None:
    reached = failed(1, status=status)
    assert reached.handle(Probed(Reach.ANSWERS), 0) == (NoteNoWebSocket(), Announce(True))


@pytest.mark.parametrize(
    ("status", "reach"),
    [(0, Reach.ANSWERS), (503, Reach.ANSWERS), (404, Reach.NONE), (403, Reach.KEY_REFUSED)],
)
def test_they_learn_nothing_where_that_is_not_certain(status: int, reach: Reach) -> None:
    assert NoteNoWebSocket() not in failed(1, status=status).handle(Probed(reach), 0)


def test_where_no_socket_is_tried_no_question_hurries_one() -> None:
    reached = at(State.CONNECTING, NoWebSocket(99), QuestionCame())
    assert reached.timer == 99
    # Unless HTTP does not work either: then whoever waits learns soon that it does again.
    reached.handle(Probed(Reach.NONE), 0)
    assert reached.timer == BACKOFF_S[0]


def test_a_key_that_is_taken_again_makes_questions_wait_for_the_socket() -> None:
    reached = failed(1, status=401)
    for event in (Rang(), OPENED, QuestionCame()):
        reached.handle(event, 1)
    assert reached.handle(RouteSought(), 1) == ()
    assert reached.handle(Prepared(), 1) == (Announce(True), Ask(Route.SOCKET))
