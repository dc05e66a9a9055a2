"""What is known of the model's server, shared by all students of the process: whether it takes
sockets, whether HTTP reaches it, and which of its refusals an operator has been told.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from tutor.telemetry import plain
from tutor.upstream.sansio.link_events import Reach

log = structlog.get_logger()

# How long a server that refuses sockets for good is not asked for one by anybody; then by one of
# all links, which has so long to find out.
NO_WEBSOCKET_S: Final = 600.0
TRIAL_S: Final = 10.0
# All links that are to come back do not do so in the same moment.
SPREAD_S: Final = 5.0
# How long an answer over HTTP holds for others who want to know.
PROBED_S: Final = 2.0
# The same refusal is told an operator again after so long, and not more than so many at a time.
TOLD_S: Final = 300.0
MAX_TOLD: Final = 16


class Server:
    """The model's server as this process knows it. `probe` asks it over HTTP."""

    def __init__(self, probe: Callable[[], Awaitable[Reach]]) -> None:
        self._probe = probe
        # Until when no socket is tried (time.monotonic); and whether one refuses them at all.
        self._no_websocket_until = 0.0
        self._refuses_websockets = False
        # The probe under way, or the last one; and when that ended (time.monotonic).
        self._probing: asyncio.Future[Reach] | None = None
        self._probed_at = 0.0
        # When each refusal was told last (time.monotonic), by its code.
        self._told: dict[str, float] = {}

    # Sockets

    def websocket_pause_s(self) -> float:
        """How long to wait before a socket is tried; 0 for now. The first who may is on trial."""
        now = time.monotonic()
        if not self._refuses_websockets:
            return 0.0
        if now >= self._no_websocket_until:
            self._no_websocket_until = now + TRIAL_S
            return 0.0
        return self._no_websocket_until - now + random.uniform(0, SPREAD_S)  # noqa: S311

    def note_no_websocket(self) -> None:
        """A socket was refused for good, and HTTP works."""
        if not self._refuses_websockets:
            log.warning("upstream.no_websocket", again_s=NO_WEBSOCKET_S)
        self._refuses_websockets = True
        self._no_websocket_until = time.monotonic() + NO_WEBSOCKET_S

    def note_websocket(self) -> None:
        """A socket has opened."""
        self._refuses_websockets = False

    # HTTP

    async def reach(self) -> Reach:
        """What HTTP brings: one request for all who ask at the same time, or soon after."""
        known = self._probing
        if known is None or (known.done() and time.monotonic() - self._probed_at > PROBED_S):
            known = self._probing = asyncio.ensure_future(self._probe())
            known.add_done_callback(self._note_probed)
        # One who no longer wants to know takes nothing from the others.
        return await asyncio.shield(known)

    def _note_probed(self, _probe: asyncio.Future[Reach]) -> None:
        self._probed_at = time.monotonic()

    def close(self) -> None:
        """Ask nothing more."""
        if self._probing:
            self._probing.cancel()

    # The operator

    def report(self, code: str) -> None:
        """Log once that no student is answered because of key, quota or model."""
        now = time.monotonic()
        if code in self._told and now - self._told[code] < TOLD_S:
            return
        if len(self._told) >= MAX_TOLD:
            self._told.clear()
        self._told[code] = now
        log.error("upstream.not_available", code=plain(code), again_s=TOLD_S, hint=OPERATOR_HINT)

    def note_answer(self) -> None:
        """A student was answered: what is refused from now on is told again."""
        self._told.clear()


OPERATOR_HINT: Final = (
    "The server refuses our key, quota, address or model: no student is answered. "
    "See OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL, and your account there."
)
