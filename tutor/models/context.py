"""The model's context as the rows have it: the items it is told, compactions, sealed items."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from courses.facts import ModelOptions, Policy
from tutor.method import options, prompts
from tutor.method.facts_role import FactsRole, as_role
from tutor.models.conversation import Conversation
from tutor.models.turns import Item
from tutor.upstream import facts_role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutor.protocol.calls import Payload


# The type of a payload that stands for items which a compaction keeps as they were: `items` has the
# number of each, and the fields with which it is told now (the API gives it another id).
KEPT: Final = "kept"


@dataclass(frozen=True)
class Told:
    """One item as the model is told it. `row` makes it be told; `number` is the item that has it;
    `original` is that item as it is told where no compaction keeps it.
    """

    payload: Payload
    row: Item
    number: int
    original: Payload


def _kept(row: Item) -> list[Payload]:
    """The references in a row. Only a compaction has any: a server names its types as it likes."""
    is_ours = row.compacts_up_to is not None and row.payload.get("type") == KEPT
    return row.payload["items"] if is_ours else []


def _with_references(payloads: Sequence[Payload], told: Sequence[Told]) -> list[Payload]:
    """The items of a compaction, with references in place of the messages that it keeps.

    A server may keep all that a student has ever said: copied, a long dialogue would become as long
    again with each compaction.
    """
    known: dict[str, list[Told]] = {}
    for one in reversed(told):
        if one.payload.get("type") == "message":
            known.setdefault(_content(one.original), []).append(one)
    stored: list[Payload] = []
    for payload in payloads:
        same = known.get(_content(payload)) if payload.get("type") == "message" else None
        if not same or not same[-1].original.keys() <= payload.keys():
            stored.append(payload)
            continue
        one = same.pop()
        new = {key: value for key, value in payload.items() if one.original.get(key) != value}
        if not stored or stored[-1].get("type") != KEPT:
            stored.append({"type": KEPT, "items": []})
        stored[-1]["items"].append({"item": one.number, "with": new})
    return stored


def _content(payload: Payload) -> str:
    return json.dumps([payload.get("role"), payload.get("content")], sort_keys=True)


@dataclass(frozen=True)
class StoredContext:
    """The items of one conversation that the model is told, and the fields of its requests.

    Rows hold facts in the developer's role; they are told in the one that the server takes.
    """

    conversation: Conversation

    def payloads(self) -> list[Payload]:
        """The whole dialogue as the model sees it, in order."""
        return [told.payload for told in self.told(facts_role.current())]

    def told(self, role: FactsRole) -> list[Told]:
        """The same with the rows, facts in this role: a row that keeps others is told as those."""
        # Programs and files came to the model in the payloads.
        rows = list(self.items().defer("program", "files"))
        numbers = {kept["item"] for row in rows for kept in _kept(row)}
        payloads: dict[int, Payload] = {}
        if numbers:
            originals = self.conversation.items.filter(number__in=numbers)
            payloads = dict(originals.values_list("number", "payload"))
        told: list[Told] = []
        for row in rows:
            kept = [(one["item"], one["with"]) for one in _kept(row)]
            if not kept:
                payload = as_role(row.payload, role)
                told.append(Told(payload, row, row.number, payload))
            for number, new in kept:
                if number in payloads:
                    original = as_role(payloads[number], role)
                    told.append(Told({**original, **new}, row, number, original))
        return told

    def items(self) -> models.QuerySet[Item]:
        """The items that the model is told: the last compaction, and what it does not stand for.

        Of what is sealed only what can be opened; else what it stands for.
        """
        items = self._readable()
        last = items.filter(compacts_up_to__isnull=False).order_by("number").last()
        if last is None:
            return items.order_by("number")
        compaction = Q(compacts_up_to=last.compacts_up_to, response_id=last.response_id)
        rest = Q(compacts_up_to=None, number__gt=last.compacts_up_to)
        # First the compaction, although what came meanwhile may have lower numbers.
        first = F("compacts_up_to").asc(nulls_last=True)
        return items.filter(compaction | rest).order_by(first, "number")

    def _readable(self) -> models.QuerySet[Item]:
        """The items without those that are sealed and cannot be opened.

        What the model thought is left out alone, a compaction with all that came with it.
        """
        unsealed_to = self.read_unsealed_to()
        if not unsealed_to:
            return self.conversation.items.all()
        sealed = Q(payload__has_key="encrypted_content") | Q(
            payload__type__in=["reasoning", "compaction"]
        )
        lost = self.conversation.items.filter(sealed, number__lte=unsealed_to)
        compactions = lost.exclude(compacts_up_to=None).values("response_id")
        return self.conversation.items.exclude(pk__in=lost.values("pk")).exclude(
            compacts_up_to__isnull=False, response_id__in=compactions
        )

    def read_unsealed_to(self) -> int:
        """`unsealed_to` as it is in the database now: other sessions change it."""
        return self._row.values_list("unsealed_to", flat=True).get()

    def omit_sealed(self, upto: int) -> None:
        """Leave out sealed items and reasoning up to item number `upto` from now on."""
        self._row.filter(unsealed_to__lt=upto).update(unsealed_to=upto)

    @transaction.atomic
    def add_compaction(
        self, response_id: str, compacted: Sequence[Payload], payloads: Sequence[Payload]
    ) -> bool:
        """Let `payloads` stand for `compacted`, with which `payloads()` began. Needs no claim.

        The items stay, for the page; what has come meanwhile is told after the compaction. If
        another compaction has come meanwhile, nothing is stored: False.
        """
        # Locks the row, so that no two sessions number their items alike.
        self._row.update(updated_at=timezone.now())
        told = self.told(facts_role.current())[: len(compacted)]
        if not told or [one.payload for one in told] != list(compacted):
            return False
        if any(payload.get("type") == KEPT for payload in payloads):
            return False  # what a server says would be taken for references of ours
        if (
            self.conversation.items.exclude(compacts_up_to=None)
            .filter(response_id=response_id)
            .exists()
        ):
            # The id comes from outside, and tells compactions apart.
            response_id = f"{response_id}/{uuid4().hex}"
        upto = max(one.row.compacts_up_to or one.row.number for one in told)
        turn = told[-1].row.turn
        self.conversation.add_items(
            Item(turn=turn, payload=payload, response_id=response_id, compacts_up_to=upto)
            for payload in _with_references(payloads, told)
        )
        return True

    def request_fields(self) -> Payload:
        """The fields of every request upstream. What identifies the student is not among them."""
        lesson, student = self.conversation.lesson, str(self.conversation.student_id)
        key = settings.SECRET_KEY.encode()
        course = prompts.CourseText(
            lesson.course.title,
            lesson.course.instructions,
            language=lesson.course.language,
            support=Policy.from_document(lesson.course.policy).support,
        )
        return prompts.request_fields(
            model=settings.OPENAI_MODEL,
            instructions=prompts.instructions(course, lesson.for_tutor(), facts_role.current()),
            language=lesson.course.language,
            student_hash=hmac.new(key, student.encode(), "sha256").hexdigest(),
            cache_key=f"{lesson.course.slug}/{lesson.slug}/{lesson.version}",
            options=self._asking().fields,
        )

    def runs_per_turn(self) -> int:
        """How many runs of its tool the model has in a turn."""
        return self._asking().runs_per_turn

    def _asking(self) -> options.Asking:
        course = ModelOptions.from_document(self.conversation.lesson.course.model_options)
        return options.combine(options.SiteOptions(**settings.MODEL_OPTIONS), course)

    @property
    def _row(self) -> models.QuerySet[Conversation]:
        return Conversation.objects.filter(pk=self.conversation.pk)
