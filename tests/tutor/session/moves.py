"""What the tutor's model asks for in tests of moves, and what the sandbox answers."""

import json
from typing import Any

from sandbox.cases import Observation
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import Browser
from tests.tutor.classroom import finish_run
from tutor.emulator import Call

CALL = "kilometres(3)"
PROGRAM = "def kilometres(days):\n    return days\n"


def tool(name: str, call_id: str = "", **arguments: Any) -> Call:
    return Call(name, json.dumps(arguments), call_id=call_id)


def execute(code: str = "", *calls: str) -> Call:
    return tool("execute_code", code=code, calls=list(calls), stdin="")


ASK = tool("ask_prediction", call=CALL, question="What comes back?")


def value(number: int) -> Result:
    """A run of one call, which has given a number."""
    seen = Observation("value", {"type": "int", "repr": str(number)})
    return Result(Status.OK, observations=(seen,))


async def prediction_item(page: Browser) -> dict[str, Any]:
    """The next prediction that the page is shown."""
    while (item := (await page.next("item"))["item"])["kind"] != "prediction":
        pass
    found: dict[str, Any] = item["prediction"]
    return found


async def settled(page: Browser) -> dict[str, Any]:
    """The prediction once answer and outcome have been compared."""
    while (found := (await page.next("prediction"))["prediction"])["state"] == "comparing":
        pass
    settled: dict[str, Any] = found
    return settled


async def asked_for(page: Browser, text: str = "Why is it wrong?") -> int:
    """The number of the prediction that the tutor asks for; its turn is over."""
    await page.say(text, PROGRAM)
    number: int = (await prediction_item(page))["number"]
    await page.turn("done")
    return number


async def gives(number: int) -> Run:
    """Play the sandbox for a prediction."""
    return await finish_run(value(number))


def shown(page: Browser, *kinds: str) -> list[dict[str, Any]]:
    """The frames of these kinds that the page has read."""
    return [frame for frame in page.frames if frame["type"] in kinds]
