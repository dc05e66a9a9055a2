"""What the rows say, whatever happens between two looks at them."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from tutor.events import Ending, EndTurn, Save, StudentSaid
from tutor.models import Begun, Conversation

pytestmark = pytest.mark.django_db


def test_a_turn_is_not_told_as_over_without_its_last_item(
    ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = Conversation.open(ada, lesson)
    begun = conversation.say(StudentSaid("message-0", "Why?", "print(1)"))
    assert isinstance(begun, Begun)
    fence = begun.fence
    assert fence
    read = Conversation.shown

    def shown_just_before_the_end(self: Conversation, **after: Any) -> Any:
        items = read(self, **after)
        answer = {"type": "message", "role": "assistant", "content": "What if?"}
        conversation.store(fence, begun.turn, [Save((answer,)), EndTurn(Ending.DONE)])
        return items

    with monkeypatch.context() as racing:
        racing.setattr(Conversation, "shown", shown_just_before_the_end)
        news = conversation.news(after=0)
    assert [item.kind for item in news.items] == ["student"]
    assert news.turn
    assert news.turn.is_running
    news = conversation.news(after=news.items[-1].number)
    assert [item.kind for item in news.items] == ["tutor"]
    assert news.turn
    assert not news.turn.is_running
