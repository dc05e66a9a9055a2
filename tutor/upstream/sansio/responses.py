"""The responses of one socket, by the ids that the server gives them."""

from collections import deque
from typing import Final

# A server that says an end again says it soon; what is older is forgotten.
REMEMBERED: Final = 256


class Responses:
    """Which responses have ended on a socket: what comes of them later belongs to nobody."""

    def __init__(self) -> None:
        self._ended: deque[str] = deque(maxlen=REMEMBERED)
        # Whether the server says `created` before anything else of a response.
        self.announce_responses = False

    def mark_ended(self, name: str) -> None:
        """The response is over."""
        if name and not self.has_ended(name):
            self._ended.append(name)

    def has_ended(self, name: str) -> bool:
        """Whether the response is over."""
        return name in self._ended

    def is_repeated(self, name: str) -> bool:
        """Whether a response that is said to begin is one of those that are over.

        A server that has only ever had one id gives it to all of them.
        """
        return self.has_ended(name) and len(self._ended) > 1
