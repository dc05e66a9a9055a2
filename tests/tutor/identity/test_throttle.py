"""How often somebody may try to log in, from where and as whom."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.db import connections
from django.http import HttpRequest
from django.test import Client
from structlog.testing import capture_logs

from tests.tutor.identity.doors import DOORS
from tutor.identity import hashing, login, throttle
from tutor.models import Rate, Throttle
from tutor.models.throttles import SKEW_S

pytestmark = pytest.mark.django_db

OTHER = "203.0.113.7"


class Moment:
    """A clock that stands still until it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000_000.0
        monkeypatch.setattr("tutor.models.throttles.time.time", lambda: self.now)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    return Moment(monkeypatch)


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password="a word of my own", is_staff=True)


def knock(username: str, password: str, address: str = "192.0.2.1", door: str = "/login/") -> Any:
    """The answer to an attempt; 302 lets in."""
    fields = {"username": username, "password": password}
    return Client().post(door, fields, REMOTE_ADDR=address)


@pytest.mark.parametrize("door", DOORS)
def test_who_guesses_a_password_waits_and_nothing_is_hashed(
    ada: User, moment: Moment, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(throttle.PER_PAIR.burst):
        assert knock("ada", "wrong", door=door).status_code == 200
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", lambda *_: pytest.fail("hashed"))
    refused = knock("ada", "a word of my own", door=door)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "30"
    assert "Try again in 30 seconds" in refused.content.decode()


def test_after_the_time_that_was_told_one_attempt_may_be_made(ada: User, moment: Moment) -> None:
    for _ in range(throttle.PER_PAIR.burst):
        knock("ada", "wrong")
    told = re.search(r"in (\d+) seconds", knock("ada", "wrong").content.decode())
    assert told
    moment.now += int(told[1])
    assert knock("ada", "wrong").status_code == 200
    assert knock("ada", "wrong").status_code == 429
    moment.now += int(told[1])
    assert knock("ada", "a word of my own").status_code == 302


def test_a_student_whose_password_somebody_guesses_logs_in_from_elsewhere(
    ada: User, moment: Moment
) -> None:
    for _ in range(2 * throttle.PER_PAIR.burst):
        knock("ada", "wrong", address=OTHER)
    assert knock("ada", "a word of my own").status_code == 302


def test_who_guesses_from_many_addresses_waits_as_well(ada: User, moment: Moment) -> None:
    for number in range(throttle.PER_ACCOUNT.burst):
        assert knock("ada", "wrong", address=f"198.51.100.{number}").status_code == 200
    assert knock("ada", "wrong", address=OTHER).status_code == 429


def test_a_class_behind_one_address_logs_in_with_three_mistakes_each(moment: Moment) -> None:
    names = [f"student-{number}" for number in range(30)]
    for name in names:
        User.objects.create_user(name, password="a word of my own")
    for _ in range(3):
        assert {knock(name, "wrong").status_code for name in names} == {200}
    assert {knock(name, "a word of my own").status_code for name in names} == {302}
    # What went well has counted for nobody; who tries one name after another is stopped.
    told = [knock(f"nobody-{number}", "wrong").status_code for number in range(11)]
    assert told == [200] * 10 + [429]


def test_who_logs_in_again_and_again_waits_as_well_but_nobody_beside_them(
    ada: User, moment: Moment, settings: Any
) -> None:
    """A right password takes as long to hash: with it somebody might keep all others out."""
    settings.IS_DEMO = False
    User.objects.create_user("grace", password="a word of my own")
    told = [knock("ada", "a word of my own").status_code for _ in range(11)]
    assert told == [302] * 10 + [429]
    assert knock("grace", "a word of my own").status_code == 302
    assert knock("ada", "a word of my own", address=OTHER).status_code == 302


def test_everybody_logs_in_to_a_demo_as_often_as_they_like(
    ada: User, moment: Moment, settings: Any
) -> None:
    settings.IS_DEMO = True
    assert {knock("ada", "a word of my own").status_code for _ in range(20)} == {302}


def test_a_name_that_is_nobody_s_is_throttled_as_one_that_is_somebody_s(
    ada: User, moment: Moment
) -> None:
    def told(name: str) -> list[tuple[int, str]]:
        pages = [knock(name, "wrong", address=OTHER) for _ in range(11)]
        hidden = re.compile(r'value="[^"]*"')
        return [(page.status_code, hidden.sub("", page.content.decode())) for page in pages]

    assert told("ada") == told("nobody")
    # Nor does another spelling get more of them.
    assert knock("ADA", "wrong", address=OTHER).status_code == 429


def test_a_failure_is_logged_without_what_was_typed(ada: User) -> None:
    with capture_logs() as logged:
        knock("ada", "my-secret-word")
        knock("my-secret-word", "ada")
    facts = {"event": "login.failed", "log_level": "warning", "address": "192.0.2.1"}
    assert logged == [facts | {"account": ada.pk}, facts | {"account": None}]
    assert "my-secret-word" not in str(list(Throttle.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_of_those_who_come_at_once_no_more_get_through_than_may() -> None:
    rate = Rate(burst=3, every_s=60.0)

    def take(_: int) -> float:
        try:
            return Throttle.take("key", rate)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        waits = sorted(pool.map(take, range(12)))
    assert waits[:3] == [0.0] * 3
    assert waits[3] > 0


def test_what_is_full_again_is_forgotten(moment: Moment) -> None:
    rate = Rate(burst=2, every_s=10.0)
    Throttle.take("a", rate)
    moment.now += 11 + SKEW_S
    Throttle.take("b", rate)
    Throttle.forget_full()
    assert list(Throttle.objects.values_list("key", flat=True)) == ["b"]


def test_a_clock_that_was_set_back_locks_nobody_out(moment: Moment) -> None:
    rate = Rate(burst=1, every_s=10.0)
    Throttle.take("a", rate)
    moment.now -= 3_600
    assert Throttle.take("a", rate) == 0


def test_a_clock_that_is_behind_another_s_empties_no_bucket_twice(moment: Moment) -> None:
    rate = Rate(burst=3, every_s=10.0)
    taken = 0
    for number in range(20):  # now the one web process, now the other
        moment.now += -0.5 if number % 2 else 0.5
        taken += Throttle.take("key", rate) == 0
    assert taken == rate.burst


def test_a_row_is_not_forgotten_while_somebody_takes_from_it(
    moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = Rate(burst=1, every_s=10.0)
    create = Throttle.objects.bulk_create

    def and_another_forgets(*args: Any, **options: Any) -> Any:
        rows = create(*args, **options)
        moment.now += 0.01
        Throttle.forget_full()
        return rows

    monkeypatch.setattr(Throttle.objects, "bulk_create", and_another_forgets)
    assert Throttle.take("key", rate) == 0
    assert Throttle.take("key", rate) > 0


@pytest.mark.parametrize(
    ("proxies", "peer", "passed", "address"),
    [
        (0, "192.0.2.1", "203.0.113.7", "192.0.2.1"),
        (1, "127.0.0.1", "203.0.113.7", "203.0.113.7"),
        # What the client wrote itself stands before what the proxy has seen.
        (1, "127.0.0.1", "1.1.1.1, 203.0.113.7", "203.0.113.7"),
        (2, "127.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (1, "127.0.0.1", "", "127.0.0.1"),
        (1, "127.0.0.1", "unknown", "127.0.0.1"),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        (0, "::ffff:192.0.2.1", "", "192.0.2.1"),
        (0, "", "", ""),
    ],
)
def test_the_address_is_the_one_that_the_last_trusted_proxy_has_seen(
    settings: Any, proxies: int, peer: str, passed: str, address: str
) -> None:
    settings.PROXIES = proxies
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": passed}
    assert throttle.address_of(request) == address


def test_who_finds_an_open_page_guesses_its_password_no_faster(ada: User, moment: Moment) -> None:
    client = Client()
    client.force_login(ada)

    def change(old: str) -> Any:
        words = {"old_password": old, "new_password1": "new words", "new_password2": "new words"}
        return client.post("/admin/password_change/", words, REMOTE_ADDR="192.0.2.1")

    assert {change("wrong").status_code for _ in range(10)} == {200}
    refused = change("a word of my own")
    assert refused.status_code == 429
    assert refused["Retry-After"] == "30"
    assert "Try again in 30 seconds" in refused.content.decode()
    # Nor do the log-in pages give them more.
    assert knock("ada", "wrong").status_code == 429
    moment.now += 30
    assert change("a word of my own").status_code == 302


# Hashed a few at a time


@pytest.mark.parametrize("door", DOORS)
def test_where_too_many_passwords_are_hashed_the_form_says_so(
    ada: User, monkeypatch: pytest.MonkeyPatch, settings: Any, door: str
) -> None:
    settings.IS_DEMO = False  # the page of a demo looks at its accounts' passwords too
    monkeypatch.setattr(hashing, "WAIT_S", 0.01)
    line = hashing.Line(1)
    monkeypatch.setattr(hashing, "line", line)
    with line.served():
        busy = knock("ada", "a word of my own", door=door)
    assert busy.status_code == 503
    assert login.BUSY in busy.content.decode()
    assert busy["Retry-After"] == "5"
    now = time.time()  # it was no attempt: all is as full as it was
    assert {row.full_at <= now for row in Throttle.objects.all()} == {True}
    assert knock("ada", "a word of my own", door=door).status_code == 302


def test_the_line_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "MAX_WAITING", 0)
    with pytest.raises(hashing.Busy), hashing.Line(1).served():
        pass


def test_whatever_hashes_stands_in_line(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    client.force_login(ada)
    monkeypatch.setattr(hashing, "MAX_WAITING", 0)
    words = {"old_password": "a word of my own", "new_password1": "x", "new_password2": "x"}
    answer = client.post("/admin/password_change/", words)
    assert answer.status_code == 503
    assert "Very busy" in answer.content.decode()
