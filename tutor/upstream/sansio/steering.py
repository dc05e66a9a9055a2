"""The messages that a student sends while the model answers. Pure."""

from typing import Final

from tutor.protocol.calls import Payload

# The models that can be told something while they answer.
STEERABLE: Final = ("gpt-6",)


class Steering:
    """The messages that wait for a response to be told to, over all sockets of a session."""

    def __init__(self, model: str) -> None:
        # Whether model and server can be told something while they answer, as far as we know.
        self.is_supported = model.startswith(STEERABLE)
        # The question that is asked, and its messages by the client's id.
        self._question = 0
        self._unsent: dict[str, Payload] = {}

    def begin(self, question: int) -> None:
        """A question is asked; messages for an earlier one are of no use any more."""
        self._question, self._unsent = question, {}

    def add(self, question: int, name: str, message: Payload) -> None:
        """Keep a message for the next response to the question, if it can be told to it."""
        if self.is_supported and question == self._question:
            self._unsent[name] = message

    def pop(self) -> tuple[str, Payload] | None:
        """The message that waits longest, which waits no more; None if none does."""
        if not self._unsent:
            return None
        name = next(iter(self._unsent))
        return name, self._unsent.pop(name)
