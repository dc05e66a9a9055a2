"""A long dialogue, put into the database at once: rows as many turns have left them.

It uses nothing but rows, so that a benchmark can have another checkout make the same one.
"""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from sandbox.models import Run
from tutor.models import Attempt, Conversation, HintGiven, Item, Prediction, StepRun, Turn
from tutor.protocol.calls import run_name

if TYPE_CHECKING:
    from tutor.models.conversation import Origin

ANSWER = """What does `range(1, days)` give for **3**? Number {number}.

```python
for day in range(1, days):
    total = total + day
print(total)
```

1. Say the numbers aloud, one after the other.
2. Compare them with what you expected: is the last day among them?

> A loop that ends too early is easy to miss, so look at both ends of it.
"""
PROGRAM = "def kilometres(days):\n    return sum(range(1, days))\n\n\nprint(kilometres(3))\n"


class Writer:
    """The items of a dialogue, one behind the other; `shown` of them a page shows."""

    def __init__(self, conversation: Conversation, step: str) -> None:
        self.conversation = conversation
        self.step = step
        self.items: list[Item] = []
        self.rows: list[Any] = []
        self.shown = 0
        self._turn = 0

    def turn(self, *, run: bool = False, prediction: bool = False, hint: bool = False) -> None:
        """A turn: what the student asks, and what answers it."""
        self._turn += 1
        turn = Turn(conversation=self.conversation, number=self._turn, state="done", ended_at=now())
        turn.save()
        facts = {"type": "message", "role": "developer", "content": [text("Facts: none.")]}
        self._add(turn, facts)
        question = f"Why is it wrong, for the {self._turn}th time?"
        said = {"type": "message", "role": "user", "content": [text(question)]}
        brings = {"program": PROGRAM, "files": {}} if self._turn == 1 else {}
        name = f"message-{self._turn:06}"
        self._add(turn, said, shown=True, client_id=name, step=self.step, **brings)
        # No server could open what it has sealed: so nothing is.
        self._add(turn, {"type": "reasoning", "id": "rs_1", "summary": []}, response_id="r")
        if run:
            self._run(turn)
        if prediction:
            self._prediction(turn)
        if hint:
            self._hint(turn)
        answer = ANSWER.format(number=self._turn)
        payload = {"type": "message", "role": "assistant", "content": [text(answer, "output_text")]}
        self._add(turn, payload, shown=True, response_id="r")

    def store(self) -> None:
        """Store what was written."""
        Item.objects.bulk_create(self.items, batch_size=500)
        models: tuple[Any, ...] = (Run, StepRun, Attempt, Prediction, HintGiven)
        for model in models:
            rows = [row for row in self.rows if isinstance(row, model)]
            model._default_manager.bulk_create(rows, batch_size=500)

    def _run(self, turn: Turn) -> None:
        """A run of the tutor's, one of the student's own, and an attempt."""
        call = self._call(turn, "execute_code", {"code": PROGRAM, "stdin": ""})
        number = len(self.items)
        self._output(turn, call, {"status": "ok", "stdout": "3\n"})
        self.shown += 1
        about = {"conversation": self.conversation, "step": self.step, "code_hash": "h"}
        names: dict[Origin, str] = {"tutor": run_name(number), "student": f"run-{number:06}"}
        for origin, name in names.items():
            run = Run(
                key=self.conversation.run_key(origin, name), group=self.conversation.group,
                origin=origin, student=self.conversation.student, code=PROGRAM, status="ok",
                stdout="3\n", order=[["stdout", 2]], finished_at=now(), exit_code=0,
            )  # fmt: skip
            self.rows += [run, StepRun(run=run, own=True, **about)]
        self.rows.append(
            Attempt(
                client_id=f"attempt-{number:06}", state=Attempt.JUDGED, number=number,
                answer={"code": PROGRAM}, feedback={}, judged_at=now(), **about,
            )
        )  # fmt: skip

    def _prediction(self, turn: Turn) -> None:
        asked = {"call": "kilometres(3)", "question": "What?"}
        call = self._call(turn, "ask_prediction", asked)
        number = len(self.items)
        self._output(turn, call, {"status": "asked", "item": number})
        self.shown += 1
        self.rows.append(
            Prediction(
                conversation=self.conversation, number=number, turn=turn, step=self.step,
                code=PROGRAM, code_hash="h", client_id=f"answer-{number:06}", answer="3", gave="3",
                verdict=Prediction.RIGHT, answered_at=now(), compared_at=now(), **asked,
            )
        )  # fmt: skip

    def _hint(self, turn: Turn) -> None:
        call = self._call(turn, "give_hint", {"level": 1})
        number = len(self.items)
        self._output(turn, call, {"status": "given", "item": number})
        self.shown += 1
        self.rows.append(
            HintGiven(
                conversation=self.conversation, number=number, step=self.step, code_hash="h",
                ladder=f"ladder-{number}", level=1, text="Look at the *loop*.",
            )
        )  # fmt: skip

    def _call(self, turn: Turn, tool: str, arguments: dict[str, Any]) -> str:
        name = f"call-{len(self.items)}"
        call = {
            "type": "function_call", "call_id": name, "name": tool,
            "arguments": json.dumps(arguments),
        }  # fmt: skip
        self._add(turn, call, response_id="r")
        return name

    def _output(self, turn: Turn, call: str, report: dict[str, Any]) -> None:
        output = json.dumps(report)
        self._add(turn, {"type": "function_call_output", "call_id": call, "output": output})

    def _add(self, turn: Turn, payload: Any, *, shown: bool = False, **fields: Any) -> None:
        number = len(self.items) + 1
        self.items.append(
            Item(
                conversation=self.conversation, turn=turn, number=number, payload=payload, **fields
            )
        )
        self.shown += shown


def fill(conversation: Conversation, shown: int, step: str) -> Writer:
    """A dialogue of which a page shows so many items, two or three more at most."""
    writer = Writer(conversation, step)
    number = 0
    while writer.shown < shown:
        writer.turn(run=number % 5 == 1, prediction=number % 9 == 4, hint=number % 11 == 7)
        number += 1
    writer.store()
    return writer


def text(words: str, kind: str = "input_text") -> dict[str, str]:
    return {"type": kind, "text": words}


def now() -> datetime:
    return timezone.now()
