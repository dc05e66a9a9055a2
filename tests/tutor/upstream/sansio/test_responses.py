"""The ids of a socket's responses."""

from tutor.upstream.sansio.responses import REMEMBERED, Responses


def test_only_so_many_ended_responses_are_remembered() -> None:
    responses = Responses()
    for number in range(REMEMBERED + 1):
        responses.mark_ended(f"r{number}")
    assert not responses.has_ended("r0")
    assert responses.has_ended("r1")
