"""The Django app."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """The app's name and its place in the admin."""

    name = "courses"
    verbose_name = "Courses"
