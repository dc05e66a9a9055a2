"""A dialogue in pages: its end, and older items on demand. What is read for one is bounded, however
long the dialogue is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from tutor.models.shown import views_of
from tutor.protocol import frames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from tutor.models.conversation import Conversation
    from tutor.models.turns import Item, Turn

# So many items a page is shown at a time.
PAGE_ITEMS: Final = 50
# They are sought in groups of so many items that might be shown. In most turns more than half of
# these are: not the facts before a message, and of a call and its output one.
GROUP_ITEMS: Final = 2 * PAGE_ITEMS
# So many groups are read at most, among items of so many numbers: a page may have less.
MAX_GROUPS: Final = 3
MAX_NUMBERS: Final = 1_000
# The types of which nothing is ever shown are left out by the database.
SHOWN_TYPES: Final = ("message", "function_call", "function_call_output")


@dataclass(frozen=True)
class DialoguePage:
    """Items as a page shows them, in order: all that are shown with numbers from `start` on.

    `older`: something is shown before that.
    """

    items: tuple[frames.ItemView, ...]
    start: int
    older: bool


@dataclass(frozen=True)
class NewestPage:
    """The end of a dialogue. `last` is the number of its last item, shown or not.

    `unsettled` are the cards before the page that will change: predictions that are open, or being
    compared.
    """

    page: DialoguePage
    unsettled: tuple[frames.PredictionItem, ...]
    last: int
    waiting: tuple[frames.WaitingMessage, ...]
    turn: Turn | None


def newest(
    conversation: Conversation, waiting: tuple[frames.WaitingMessage, ...], turn: Turn | None
) -> NewestPage:
    """The end of the dialogue; messages that wait, and the last turn, were read before it."""
    numbers = conversation.items.order_by("-number").values_list("number", flat=True)
    last = numbers.first() or 0
    page = before(conversation, last + 1)
    return NewestPage(page, tuple(_unsettled(conversation, page.start)), last, waiting, turn)


def before(conversation: Conversation, number: int) -> DialoguePage:
    """The last items before that of this number; at least one is looked at, so that the next page
    begins earlier."""
    least = max(1, number - MAX_NUMBERS)
    views: list[frames.ItemView] = []
    start = number
    for _ in range(MAX_GROUPS):
        group = list(_readable(conversation).filter(number__range=(least, start - 1))[:GROUP_ITEMS])
        for item, view in zip(group, views_of(conversation, group), strict=True):
            start = item.number
            if view:
                views.append(view)
            if len(views) == PAGE_ITEMS:
                return _page(conversation, views, start)
        if len(group) < GROUP_ITEMS:
            start = least
            break
    return _page(conversation, views, start)


def _page(conversation: Conversation, views: list[frames.ItemView], start: int) -> DialoguePage:
    """The page of these items, newest first, that begins at number `start`."""
    return DialoguePage(tuple(views[::-1]), start, _is_shown_before(conversation, start))


def _readable(conversation: Conversation) -> QuerySet[Item]:
    """The items that might be shown, newest first, without what only the model is told."""
    said = conversation.items.filter(
        compacts_up_to=None, withheld=False, payload__type__in=SHOWN_TYPES
    )
    return said.order_by("-number").select_related("turn").defer("program", "files")


def _is_shown_before(conversation: Conversation, number: int) -> bool:
    """Whether anything is shown before an item: all of it follows a message, or is a hint."""
    if number <= 1:
        return False
    said = conversation.items.filter(number__lt=number).exclude(client_id="")
    return said.exists() or conversation.hints.filter(number__lt=number).exists()


def _unsettled(conversation: Conversation, start: int) -> Iterator[frames.PredictionItem]:
    """The cards before number `start` that are still to change: one is open in a step at most."""
    asked = conversation.predictions.filter(compared_at=None, number__lt=start)
    numbers = dict(asked.values_list("number", "turn"))
    if not numbers:
        return
    # The output of the call that asked; the call has the number, and its turn the output.
    outputs = Q(turn__in=set(numbers.values()), payload__type="function_call_output")
    rows = _readable(conversation).filter(outputs, number__lt=start).order_by("number")
    for view in views_of(conversation, list(rows)):
        if isinstance(view, frames.PredictionItem) and view.prediction.number in numbers:
            yield view
