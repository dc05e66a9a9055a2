"""The site's two log-in pages, as a person uses them."""

from django.test import Client

DOORS = ("/login/", "/admin/login/")


def knock(door: str, username: str, password: str) -> tuple[bool, str]:
    """Log in as a person does: whether that went well, and the page that says so."""
    client = Client()
    answer = client.post(door, {"username": username, "password": password})
    return "_auth_user_id" in client.session, answer.content.decode()
