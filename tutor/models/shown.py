"""Items as pages show them: each with the rows that it tells of, read together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.models import Run
from tutor.method.tools import granted_item
from tutor.models.conversation import with_files
from tutor.models.views import item_view
from tutor.models.workbook import Workbook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutor.models.conversation import Conversation
    from tutor.models.predictions import HintGiven, Prediction
    from tutor.models.turns import Item
    from tutor.protocol import frames


def views_of(conversation: Conversation, items: Sequence[Item]) -> list[frames.ItemView | None]:
    """How a page shows each of the items; None where it does not."""
    keys = {item.number: conversation.call_key(item.number) for item in items if item.is_call}
    runs = {}
    if keys:
        runs = {run.key: run for run in with_files(Run.objects.filter(key__in=keys.values()))}
    moves = _moves(conversation, items)
    hashes = Workbook(conversation).hashes(move.step for move in moves.values())
    views = []
    for item in items:
        move = moves.get(item.number)
        is_stale = move is not None and hashes.get(move.step) != move.code_hash
        run = runs.get(keys.get(item.number, ""))
        views.append(item_view(item, run, move, is_stale=is_stale))
    return views


def _moves(conversation: Conversation, items: Sequence[Item]) -> dict[int, Prediction | HintGiven]:
    """What outputs and facts tell of, by the number of that item: predictions and hints.

    A hint that the student asked for has the number of the item with facts that holds it.
    """
    outputs = {item.number: granted_item(item.payload) for item in items}
    facts = {item.number: item.number for item in items if item.kind == "facts"}
    told = {item: number for item, number in (outputs | facts).items() if number}
    rows: dict[int, Prediction | HintGiven] = {}
    if told:
        hints = conversation.hints.filter(number__in=told.values())
        rows = {given.number: given for given in hints}
    if told.keys() - facts:
        asked = conversation.predictions.filter(number__in=told.values())
        rows |= {one.number: one for one in asked}
    return {item: rows[number] for item, number in told.items() if number in rows}
