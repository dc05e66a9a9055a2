"""Admission to a lesson's socket: the protocol's version, the log-in, the enrolment, the dialogue.

A `scope` is that of a WebSocket behind Channels' AuthMiddlewareStack and URLRouter. All but
`check_protocol` ask the database.
"""

from importlib import import_module
from typing import Any, Final, cast
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import User
from django.utils.crypto import constant_time_compare

from courses.models import Enrolment, Lesson
from tutor.identity import demo
from tutor.models import Conversation, StoredContext
from tutor.protocol import frames
from tutor.protocol.events import Payload

OTHER: Final = (
    "This page belongs to another dialogue: somebody else is logged in in this browser now, or the "
    "dialogue was deleted. Reload the page; what you wrote here stays in this browser."
)


def check_protocol(scope: Any) -> None:
    """Raises TurnedAway if the page speaks another version of the protocol."""
    if _query(scope).get("protocol") != [str(frames.PROTOCOL)]:
        text = "This page is older than the server. Reload it; nothing you wrote is lost."
        raise frames.TurnedAway(frames.Close.PROTOCOL, text)


def check_enrolled(scope: Any) -> None:
    """Raises TurnedAway if the student is not logged in, not let in or not in the course."""
    course, session = scope["url_route"]["kwargs"]["course"], scope["session"]
    enrolled = Enrolment.objects.filter(course__slug=course, student=scope["user"].pk)
    here = enrolled.filter(student__is_active=True).select_related("student").first()
    if here and _is_valid(session, here.student) and not demo.is_refused(here.student):
        return
    _check_logged_in(scope)  # raises if that is the reason
    text = "You are not enrolled in this course. Ask your instructor."
    raise frames.TurnedAway(frames.Close.NOT_ENROLLED, text)


def open_conversation(scope: Any) -> tuple[Conversation, Payload, int]:
    """The student's conversation about the lesson, the fields of its requests upstream, and how
    many runs the tutor has in a turn.

    Raises TurnedAway.
    """
    where, user = scope["url_route"]["kwargs"], scope["user"]
    lessons = Lesson.objects.released().filter(course__slug=where["course"])
    lesson = lessons.filter(slug=where["lesson"]).select_related("course").first()
    if lesson is None:
        _check_logged_in(scope)
        raise frames.TurnedAway(frames.Close.NO_LESSON, "There is no such lesson.")
    check_enrolled(scope)
    conversation = Conversation.open(cast("User", user), lesson)
    # Before anything is shown or stored: what the page holds may be another student's.
    if _query(scope).get("conversation", [str(conversation.pk)]) != [str(conversation.pk)]:
        raise frames.TurnedAway(frames.Close.OTHER, OTHER)
    context = StoredContext(conversation)
    return conversation, context.request_fields(), context.runs_per_turn()


def _check_logged_in(scope: Any) -> None:
    session = scope["session"]
    user = User.objects.filter(pk=scope["user"].pk, is_active=True).first()
    if user is None or demo.is_refused(user) or not _is_valid(session, user):
        text = "You are not logged in. Log in and come back."
        raise frames.TurnedAway(frames.Close.NOT_LOGGED_IN, text)


def _is_valid(session: Any, user: User) -> bool:
    """As Django asks for each request: not logged out, not over, no other password since.

    The row is read anew: the scope's session is what it was when the socket was opened.
    """
    stored = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key).load()
    proof = stored.get(HASH_SESSION_KEY, "")
    return constant_time_compare(proof, user.get_session_auth_hash())


def _query(scope: Any) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
