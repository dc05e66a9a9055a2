"""A strict local server for OpenAI's Responses API in WebSocket mode, and a scripted tutor.

For tests in the same process:

    async with emulator.serve(model=emulator.script([emulator.Say("Hello")])) as server:
        client = AsyncOpenAI(base_url=server.base_url, api_key="any")

The protocol is pure: `protocol` and `lane` the rules of a connection, `create`, `items` and
`choice` what may be asked, `generation` and `resource` what is answered, `steering` and `steered`,
`compaction`. `delivery`, `client` and `server` move its frames.
"""

from tutor.emulator.delivery import Pace
from tutor.emulator.faults import Fault, FaultError, Faults
from tutor.emulator.log import Exchange
from tutor.emulator.model import Call, Model, Output, Request, Say, Think, script
from tutor.emulator.server import Emulator, serve
from tutor.emulator.settings import Settings

__all__ = [
    "Call",
    "Emulator",
    "Exchange",
    "Fault",
    "FaultError",
    "Faults",
    "Model",
    "Output",
    "Pace",
    "Request",
    "Say",
    "Settings",
    "Think",
    "script",
    "serve",
]
