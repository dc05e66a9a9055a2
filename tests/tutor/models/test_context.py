"""The fields of requests: what site and course set of how the model is asked."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from tutor.models import Conversation, StoredContext

pytestmark = pytest.mark.django_db


def test_a_request_has_what_course_and_site_set_and_is_the_same_each_time(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    context = StoredContext(Conversation.open(ada, lesson))
    plain = context.request_fields()
    assert context.runs_per_turn() == 6
    settings.MODEL_OPTIONS = settings.MODEL_OPTIONS | {
        "reasoning_effort": "medium", "max_answer_tokens": 1_500, "runs_per_turn": 4
    }  # fmt: skip
    lesson.course.model_options = {"reasoning_effort": "low", "runs_per_turn": 9, "newer": 1}
    lesson.course.save()
    context = StoredContext(Conversation.objects.get())
    asked = context.request_fields()
    assert asked == {**plain, "reasoning": {"effort": "low"}, "max_output_tokens": 3_500}
    assert context.runs_per_turn() == 4
    # Byte for byte, or the provider would read it anew.
    assert json.dumps(asked) == json.dumps(context.request_fields())
    assert asked["store"] is False
