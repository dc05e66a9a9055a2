"""Seeds the empty database of a preview with one course and one student, in a process of its own.

The course comes as JSON on standard input; the student's session cookie is what is printed.
"""

import sys
from dataclasses import replace

import django
from django.core.management import call_command
from pydantic import TypeAdapter

from courses.facts import CourseSource

COURSE: TypeAdapter[CourseSource] = TypeAdapter(CourseSource)
STUDENT = "author"


def main() -> None:
    """Migrate, seed, and print the cookie."""
    django.setup()
    call_command("migrate", verbosity=0)
    sys.stdout.write(populate(COURSE.validate_json(sys.stdin.buffer.read())))


def populate(course: CourseSource) -> str:
    """Publish the course, all of it at once, and log a student of it in; the session cookie."""
    # Django's models can be loaded once it is set up.
    from django.conf import settings
    from django.contrib import auth
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    from courses.models import Course, Enrolment

    row = Course.publish(replace(course, releases={})).course
    student = User.objects.create_user(STUDENT)
    Enrolment.objects.create(course=row, student=student)
    session = SessionStore()
    session[auth.SESSION_KEY] = str(student.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = student.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


if __name__ == "__main__":
    main()
