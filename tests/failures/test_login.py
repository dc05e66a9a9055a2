"""Who is let in, and for how long: a demo and a real site on the same rows; a log-out elsewhere."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bin.machine.serving import free_port
from tests.failures.school import LOOK_EVERY_S, School
from tests.page import log_in, log_out, page
from tests.running import Classroom, stop
from tutor.protocol import frames

pytestmark = pytest.mark.failures


@pytest.fixture(scope="module")
def real(school: School) -> Iterator[Classroom]:
    """A web process with a model of its own; afterwards somebody makes demo accounts."""
    env = {**school.room.env, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    room = replace(school.room, port=free_port(), env=env)
    room.start_web()
    school.room.manage("demo")
    yield room
    school.room.manage("demo", "--disable")
    stop(room.web)


def test_a_cookie_of_a_demo_is_nobody_s_in_real_use(school: School, real: Classroom) -> None:
    cookies = log_in(school.room, "ada")
    with page(school.room, cookies) as ada:
        ada.next("hello")
    with page(real, cookies) as nobody:
        assert nobody.next("error")["code"] == "not_logged_in"
        assert nobody.closed() == frames.Close.NOT_LOGGED_IN
    # Nor does that end it where it is good.
    with page(school.room, cookies) as ada:
        ada.next("hello")


def test_nobody_logs_in_in_real_use_with_a_public_password(school: School, real: Classroom) -> None:
    assert "sessionid=" in log_in(school.room, "teacher")
    assert "sessionid=" not in log_in(real, "teacher")


def test_who_is_disabled_is_turned_away_at_the_next_message(
    school: School, real: Classroom
) -> None:
    with page(school.room, log_in(school.room, "grace")) as grace:
        grace.ready()
        school.room.manage("demo", "--disable")
        grace.say("Am I still here?")
        assert grace.next("error")["code"] == "not_logged_in"
        assert grace.closed() == frames.Close.NOT_LOGGED_IN


def test_w7_a_log_out_in_another_tab_closes_idle_pages_within_a_second(school: School) -> None:
    hers, his = school.cookies.pop(), school.cookies.pop()
    with (
        page(school.room, hers) as one,
        page(school.room, hers) as two,
        page(school.room, his) as other,
    ):
        for each in (one, two, other):
            each.ready()
        began = time.monotonic()
        log_out(school.room, hers)
        assert one.closed() == two.closed() == frames.Close.NOT_LOGGED_IN
        assert time.monotonic() - began < 1.5
        other.send("ping")
        other.next("pong")


def test_w7_a_log_out_at_another_process_is_found_without_a_notification(
    school: School, hurried: School
) -> None:
    cookies = school.cookies.pop()
    with page(hurried.room, cookies) as student:
        student.ready()
        log_out(school.room, cookies)
        # The two have no channel layer in common.
        assert student.closed(within_s=LOOK_EVERY_S + 5) == frames.Close.NOT_LOGGED_IN
        assert student.last["code"] == "not_logged_in"
