"""Who may be on a lesson's page: the one rule, asked when a socket opens, at each of its messages
and now and then in between (`tutor.web.watch`).

A `scope` is that of a WebSocket behind Channels' AuthMiddlewareStack and URLRouter. All but
`seat_of`, `check_protocol`, `writer_of` and `Standing` ask the database.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils.crypto import constant_time_compare
from pydantic import TypeAdapter, ValidationError

from courses.models import Enrolment, Lesson
from tutor.identity import sessions
from tutor.identity.login import Backend
from tutor.models import Conversation, StoredContext
from tutor.protocol import frames
from tutor.protocol.calls import Payload
from tutor.turn.revisions import Writer

OTHER: Final = (
    "This page belongs to another dialogue: somebody else is logged in in this browser now, or the "
    "dialogue was deleted. Reload the page; what you wrote here stays in this browser."
)
NO_NAME: Final = "This page cannot be told from others. Reload it; nothing you wrote is lost."
NOT_LOGGED_IN: Final = "You are not logged in. Log in and come back."
NOT_ENROLLED: Final = "You are not enrolled in this course. Ask your instructor."
NO_LESSON: Final = "There is no such lesson, or it is not open."

_page_ids: Final = TypeAdapter(tuple[frames.PageId, frames.PageId])


class Seat(NamedTuple):
    """One page: a student in a log-in session, at a lesson. Without a log-in `user` is None."""

    user: int | None
    session: str
    course: str
    lesson: str


@dataclass(frozen=True)
class Standing:
    """The facts about a seat that decide whether its student may go on."""

    # The account is active, and its session is there, in time and of its present password.
    logged_in: bool = False
    # The lesson has a version that is released by now.
    lesson_open: bool = False
    enrolled: bool = False

    def refusal(self) -> frames.TurnedAway | None:
        """The reason why the student may not go on; None if they may."""
        if not self.logged_in:
            return frames.TurnedAway(frames.Close.NOT_LOGGED_IN, NOT_LOGGED_IN)
        if not self.lesson_open:
            return frames.TurnedAway(frames.Close.NO_LESSON, NO_LESSON)
        if not self.enrolled:
            return frames.TurnedAway(frames.Close.NOT_ENROLLED, NOT_ENROLLED)
        return None


def seat_of(scope: Any) -> Seat:
    """The seat that a socket asks for."""
    where = scope["url_route"]["kwargs"]
    key = scope["session"].session_key or ""
    return Seat(scope["user"].pk, key, where["course"], where["lesson"])


def check_protocol(scope: Any) -> None:
    """Raises TurnedAway if the page speaks another version of the protocol."""
    if _query(scope).get("protocol") != [str(frames.PROTOCOL)]:
        text = "This page is older than the server. Reload it; nothing you wrote is lost."
        raise frames.TurnedAway(frames.Close.PROTOCOL, text)


def writer_of(scope: Any) -> Writer:
    """The page that asks for the socket. Raises TurnedAway if its names are none."""
    query = _query(scope)
    page, device = query.get("page", [""]), query.get("device", [""])
    try:
        return Writer(*_page_ids.validate_python([*page, *device]))
    except ValidationError:
        raise frames.TurnedAway(frames.Close.PROTOCOL, NO_NAME) from None


def check(seat: Seat) -> None:
    """Raises TurnedAway if the student may not be there. Two queries."""
    if why := standings([seat])[seat].refusal():
        raise why


def standings(seats: Sequence[Seat]) -> dict[Seat, Standing]:
    """The facts about each seat: one query for the sessions, and one for each lesson."""
    found = {seat: Standing() for seat in seats}
    logins = sessions.logins({seat.session for seat in seats})
    lessons: dict[tuple[str, str], list[tuple[int, Seat]]] = defaultdict(list)
    for seat in seats:
        if seat.user is not None:
            lessons[seat.course, seat.lesson].append((seat.user, seat))
    for (course, lesson), here in lessons.items():
        students = _students(course, lesson, {user for user, _ in here})
        for number, seat in here:
            if number in students:
                user, standing = students[number]
                logged_in = _is_login_of(user, logins.get(seat.session, {}))
                found[seat] = replace(standing, logged_in=logged_in)
    return found


def _students(course: str, lesson: str, users: Iterable[int]) -> dict[int, tuple[User, Standing]]:
    """The accounts, with what they are in the course; who is logged in is not known yet."""
    enrolled = Enrolment.objects.filter(course__slug=course, student=OuterRef("pk"))
    released = Lesson.objects.released().filter(course__slug=course, slug=lesson)
    rows = (
        User.objects.filter(pk__in=users)
        .only("username", "password", "is_active")
        .annotate(lesson_open=Exists(released), enrolled=Exists(enrolled))
    )
    return {
        row.pk: (row, Standing(lesson_open=row.lesson_open, enrolled=row.enrolled)) for row in rows
    }


def _is_login_of(user: User, login: dict[str, Any]) -> bool:
    """True if a session with this content is one of the account's, as Django would find too."""
    if login.get(SESSION_KEY) != str(user.pk) or not Backend().user_can_authenticate(user):
        return False
    stored = login.get(HASH_SESSION_KEY) or ""
    # A key that is being replaced (SECRET_KEY_FALLBACKS) is good for a while.
    valid = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(stored, each) for each in valid)


def open_conversation(scope: Any) -> tuple[Conversation, Payload, int]:
    """The student's conversation about the lesson, the fields of its requests upstream, and how
    many runs the tutor has in a turn.

    Raises TurnedAway.
    """
    seat = seat_of(scope)
    check(seat)
    lessons = Lesson.objects.released().filter(course__slug=seat.course, slug=seat.lesson)
    lesson = lessons.select_related("course").first()
    if lesson is None:  # withdrawn at this moment
        raise frames.TurnedAway(frames.Close.NO_LESSON, NO_LESSON)
    conversation = Conversation.open(scope["user"], lesson)
    # Before anything is shown or stored: what the page holds may be another student's.
    if _query(scope).get("conversation", [str(conversation.pk)]) != [str(conversation.pk)]:
        raise frames.TurnedAway(frames.Close.OTHER, OTHER)
    context = StoredContext(conversation)
    return conversation, context.request_fields(), context.runs_per_turn()


def _query(scope: Any) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
