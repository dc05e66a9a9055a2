"""The role of instructors: read dialogues, runs and costs, enrol students, publish courses."""

from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

INSTRUCTORS: Final = "Instructors"
# Each is what a page of the admin asks for; there is no right to change a record, or an account.
INSTRUCTOR_PERMISSIONS: Final = (
    "auth.view_user",  # to find whom to enrol
    "courses.view_course",
    "courses.view_lesson",
    "courses.view_enrolment",
    "courses.add_enrolment",
    "courses.change_enrolment",
    "courses.delete_enrolment",
    "courses.view_upload",
    "courses.add_upload",
    "courses.change_upload",  # to publish
    "sandbox.view_run",
    "tutor.change_judgement",  # to say that something was withheld wrongly, nothing else
    "tutor.view_attempt",
    "tutor.view_conversation",
    "tutor.view_hintgiven",
    "tutor.view_item",
    "tutor.view_judgement",
    "tutor.view_keptversion",
    "tutor.view_prediction",
    "tutor.view_response",
    "tutor.view_steprun",
    "tutor.view_turn",
    "tutor.view_work",
)


def instructors() -> Group:
    """The group with just these permissions; created or repaired."""
    wanted = Q()
    for app, codename in (name.split(".") for name in INSTRUCTOR_PERMISSIONS):
        wanted |= Q(content_type__app_label=app, codename=codename)
    permissions = Permission.objects.filter(wanted)
    assert len(permissions) == len(INSTRUCTOR_PERMISSIONS), (
        "a permission has been renamed, or migrate has not run"
    )
    group, _ = Group.objects.get_or_create(name=INSTRUCTORS)
    group.permissions.set(permissions)
    return group
