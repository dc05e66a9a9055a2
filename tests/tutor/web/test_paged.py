"""A dialogue in the admin, a page at a time."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import Lesson
from tests.long_dialogue import Writer
from tutor.models import Conversation
from tutor.web.paged import PAGE_ROWS

pytestmark = pytest.mark.django_db


def written(conversation: Conversation, turns: int) -> str:
    """The address of a dialogue of so many turns."""
    writer = Writer(conversation, "step")
    for number in range(turns):
        writer.turn(run=number % 3 == 0, prediction=number % 3 == 1, hint=number % 3 == 2)
    writer.store()
    return f"/admin/tutor/conversation/{conversation.pk}/change/"


def numbers(page: str) -> list[int]:
    """The numbers of the items that are shown."""
    found = re.findall(r'id="items-(?:\d+)".*?field-number.*?<p>(\d+)</p>', page, re.DOTALL)
    return [int(number) for number in found]


def test_the_last_items_are_shown_with_links_to_all_others(
    admin_client: Client, ada: User, lesson: Lesson
) -> None:
    conversation = Conversation.open(ada, lesson)
    url = written(conversation, 40)
    last = conversation.items.count()
    seen: list[int] = []
    address = url
    while True:
        page = admin_client.get(address).content.decode()
        seen = numbers(page) + seen
        link = re.search(r'href="(\?[^"]*)"[^>]*>Earlier dialogue', page)
        assert ("Back to the last" in page) == (address != url)
        if link is None:
            break
        assert len(numbers(page)) == PAGE_ROWS
        address = url + link[1].replace("&amp;", "&").partition("#")[0]
    assert seen == list(range(1, last + 1))


def test_what_is_no_number_shows_the_last(admin_client: Client, ada: User, lesson: Lesson) -> None:
    url = written(Conversation.open(ada, lesson), 30)
    last = numbers(admin_client.get(url).content.decode())
    for before in ("x", "-1", "", "9" * 30):
        page = admin_client.get(f"{url}?item_before={before}").content.decode()
        assert numbers(page) == last


def test_a_long_dialogue_takes_no_more_queries_and_no_longer_page(
    admin_client: Client, ada: User, stranger: User, lesson: Lesson
) -> None:
    found = []
    for student, turns in ((ada, 160), (stranger, 400)):
        url = written(Conversation.open(student, lesson), turns)
        admin_client.get(url)
        with CaptureQueriesContext(connection) as queries:
            page = admin_client.get(url).content
        found.append((len(queries), len(page)))
    short, long = found
    assert short[0] == long[0] <= 30
    assert long[1] < 1.05 * short[1]
