"""A strict local server for OpenAI's Responses API, in WebSocket mode and over HTTP.

For tests in the same process, with a model of the test's or `tutor.practice`:

    async with emulator.serve(model=emulator.script([emulator.Say("Hello")])) as server:
        client = AsyncOpenAI(base_url=server.base_url, api_key="any")

Pure: `protocol` and `lane` the rules of a connection, with `steering` and `lane_steering`;
`create`, `items`, `tools` and `choice` parse a request, `arguments` makes those of a call that must
be; `generation`, `resource` and `compaction` make the events of a response; `errors`, `faults`,
`settings` and `control` what may go wrong, on order or not. With I/O: `http_connection` the port,
`websocket` and `endpoints` a client, `delivery` and `http_sinks` a response on its way, `log`,
`clock`, `server`. Begin with `protocol`, then `server`.
It is a program of its own: it imports nothing of the tutor's.
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
