"""Messages of the student's: as rows, and as items behind the facts of their step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tutor.method import facts as method
from tutor.method import prompts
from tutor.models.context import StoredContext
from tutor.models.facts import facts
from tutor.models.programs import has_program
from tutor.models.turns import Item, Waiting
from tutor.models.workbook import Workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from courses.steps import Step
    from tutor.models.conversation import Conversation
    from tutor.models.programs import Work
    from tutor.models.turns import Turn
    from tutor.protocol.calls import Payload


@dataclass(frozen=True)
class Messages:
    """The messages of one conversation."""

    conversation: Conversation

    def ready(self) -> list[Waiting]:
        """Those that wait for nothing but the tutor, in order."""
        return list(self.conversation.waiting.ready())

    def fields(
        self,
        text: str,
        step: Step,
        code: str,
        files: Mapping[str, str],
        before: Sequence[Waiting],
    ) -> dict[str, Any]:
        """The fields of a message's row: for the model, with the program unless it knows it.

        `code` and `files` are what the student has in the editor, whatever that is stored as;
        `before` are the messages that the model is told before this one.
        """
        program = prompts.NO_PROGRAM
        if has_program(step):
            program = prompts.program(code, files, self.conversation.lesson.course.language)
        new = None if self._is_known(program, before) else program
        payload = prompts.student_message(text, *([] if new is None else [new]))
        return {"payload": payload, "program": new, "step": step.id, "files": dict(files)}

    def _is_known(self, program: str, before: Sequence[Waiting]) -> bool:
        """Whether the model will know this program when it is told a message now."""
        if program != self._known_program(before):
            return False
        # An answer that is being compared may be told before, and bring an older program.
        later = self.conversation.waiting.exclude(prediction=None).exclude(program=None)
        return not later.filter(prediction__compared_at=None).exists()

    def _known_program(self, before: Sequence[Waiting]) -> str | None:
        """The program that the model knows of, or will once it is told the messages `before`."""
        for message in reversed(before):
            if message.program is not None:
                return message.program
        items = StoredContext(self.conversation).items().filter(program__isnull=False)
        return items.order_by("-number").values_list("program", flat=True).first()

    # As items

    def add(self, turn: Turn, messages: Iterable[Waiting], *facts_items: Payload) -> list[Item]:
        """Store messages as items of a turn, behind the items with facts; those that waited wait
        no longer."""
        messages = list(messages)
        if waited := [message.pk for message in messages if message.pk]:
            self.conversation.waiting.filter(pk__in=waited).delete()
        items = [Item(turn=turn, payload=payload) for payload in facts_items]
        items += [message.item(turn) for message in messages]
        return self.conversation.add_items(items) if items else []

    def add_with_facts(
        self, turn: Turn, messages: Sequence[Waiting], work: Work | None = None
    ) -> list[Item]:
        """The same behind the facts of the last one's step; `work` is its row, if read already.

        The facts of a step where a prediction was answered come too: they say what came of it.
        """
        if not messages:
            return []
        last = messages[-1].step
        others = self.facts_of_answers(messages, last)
        return self.add(turn, messages, *others, self.facts_of(last, work))

    def facts_of_answers(self, messages: Iterable[Waiting], step: str) -> list[Payload]:
        """The items with the facts of steps besides `step` where messages answer predictions."""
        answered = dict.fromkeys(message.step for message in messages if message.prediction_id)
        return [self.facts_of(one) for one in answered if one != step]

    def add_facts(self, turn: Turn) -> list[Item]:
        """Store the facts of the step that the last message is about."""
        return self.add(turn, [], self.facts_of(self.last_message_step()[0]))

    def facts_of(self, step: str, work: Work | None = None) -> Payload:
        """The item with the facts of a step; `work` is its row, if read already."""
        found = Workbook(self.conversation).step(step)
        return method.facts_item(facts(self.conversation, found, work))

    def step(self) -> Step:
        """The step that the last message is about; if there was none, the one the student is on."""
        return Workbook(self.conversation).step(self.last_message_step()[0])

    def is_stored(self, client_id: str) -> bool:
        """Whether there is a message of this name, whether or not the tutor was told it."""
        rows = (self.conversation.waiting, self.conversation.items)
        return any(stored.filter(client_id=client_id).exists() for stored in rows)

    def last_message_step(self) -> tuple[str, dict[str, str] | None]:
        """The step of the last message that is an item, and the files that came with it.

        Empty and None if there was none.
        """
        said = self.conversation.items.exclude(client_id="").order_by("-number")
        return said.values_list("step", "files").first() or ("", None)
