"""The scripted tutor: from a request to output items. Pure."""

from collections.abc import Sequence

from tutor.emulator.model import Output, Request, Say


def answer(request: Request) -> Sequence[Output]:
    """What the tutor says or runs next."""
    asked = "your program" if request.items else "this lesson"
    return [Say(f"What do you expect {asked} to do, step by step?")]
