"""Whether help came before the passes of a step, from the help that is stored with its attempts.

Each batch of steps is a transaction of its own. A migration that was cut short is run again from the
beginning, and what was passed meanwhile is known already: only what is None is filled.
"""

from collections.abc import Sequence
from typing import Any

from django.db import migrations, transaction

ROWS_AT_A_TIME = 500

# Of the attempts at a step: whether each has passed, and the help before it.
Attempts = Sequence[tuple[bool, dict[str, Any]]]


def is_help(stored: dict[str, Any]) -> bool:
    """As method.help.Help.is_help of this release."""
    told = stored.get("level") or stored.get("leaks") or stored.get("partial")
    return bool(told or (stored.get("shown_solution") and stored.get("turns")))


def helped(attempts: Attempts) -> bool:
    """Whether help came before each attempt that passed, or before all where none did.

    A prediction is passed when it is made, right or wrong; a text without an attempt.
    """
    passes = [stored for passed, stored in attempts if passed]
    return bool(attempts) and all(map(is_help, passes or [stored for _, stored in attempts]))


def derive(apps: Any, schema_editor: Any) -> None:
    """Fill `helped` of the steps that were passed."""
    alias = schema_editor.connection.alias
    works = apps.get_model("tutor", "Work").objects.using(alias)
    passed = works.exclude(done_at=None).filter(helped=None).order_by("pk")
    last = 0
    while rows := list(passed.filter(pk__gt=last)[:ROWS_AT_A_TIME]):
        last = rows[-1].pk
        made = _attempts(apps, alias, {row.conversation_id for row in rows})
        with transaction.atomic(using=alias):
            for value in (True, False):
                keys = [
                    row.pk
                    for row in rows
                    if helped(made.get((row.conversation_id, row.step), [])) is value
                ]
                works.filter(pk__in=keys, helped=None).update(helped=value)


def _attempts(apps: Any, alias: str, conversations: set[int]) -> dict[tuple[int, str], Any]:
    """The judged attempts of conversations, by conversation and step."""
    made: dict[tuple[int, str], Any] = {}
    attempts = apps.get_model("tutor", "Attempt").objects.using(alias)
    judged = attempts.filter(conversation__in=conversations, state="judged").order_by("pk")
    for conversation, step, *facts in judged.values_list("conversation", "step", "passed", "help"):
        made.setdefault((conversation, step), []).append((facts[0], facts[1] or {}))
    return made


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tutor", "0022_work_helped")]

    operations = [migrations.RunPython(derive, migrations.RunPython.noop, elidable=True)]
