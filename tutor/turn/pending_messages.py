"""The student's messages of a turn that the model has yet to hear, or to answer. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tutor.protocol.actions import SaveFacts, SaveWaiting
from tutor.protocol.calls import Payload


@dataclass
class PendingMessages:
    """The messages that wait, and what is owed for those that were heard in mid-answer."""

    # Those that wait, by client id.
    waiting: dict[str, Payload] = field(default_factory=dict)
    # The model has heard messages without the facts.
    facts_due: bool = False
    # The model has heard messages behind the calls of its last response: it owes them an answer.
    has_unanswered: bool = False

    def add(self, messages: Mapping[str, Payload]) -> dict[str, Payload]:
        """Messages wait: those of them that are new."""
        new = {name: message for name, message in messages.items() if name not in self.waiting}
        self.waiting.update(new)
        return new

    def hear(self, names: tuple[str, ...]) -> list[SaveWaiting]:
        """The model has heard these while it answered."""
        for name in names:
            self.waiting.pop(name, None)
            self.facts_due = True
        return [SaveWaiting(names)] if names else []

    def tell(self) -> list[SaveWaiting | SaveFacts]:
        """The model is asked: what is stored before that, so that it hears and answers all."""
        told: list[SaveWaiting | SaveFacts] = []
        if self.waiting:
            told = [SaveWaiting()]  # with the facts
        elif self.facts_due:
            told = [SaveFacts()]
        self.waiting, self.facts_due, self.has_unanswered = {}, False, False
        return told
