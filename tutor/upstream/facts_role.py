"""The role in which this process tells facts: the site's, or the next one that the server takes."""

import functools
import time
from collections.abc import Callable, Sequence
from typing import cast

import structlog
from django.conf import settings

from tutor.method import facts_role
from tutor.method.facts_role import ROLES, FactsRole
from tutor.protocol.calls import Payload
from tutor.upstream.refused_fields import REMEMBERED_S, Refusals

log = structlog.get_logger()


class RefusedRoles:
    """What the server has refused, for all students of the process; tried again after a while."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._refused: Refusals[FactsRole] = Refusals(now)

    def note(self, items: Sequence[Payload]) -> bool:
        """The server refused a role in `items`. False if that was none of facts."""
        role = facts_role.sent_role(items)
        if role is None:
            return False
        if role not in self._refused:
            # The operator should set MODEL_FACTS_ROLE: the refusal costs a request an hour.
            log.warning("upstream.role_refused", role=role, for_s=REMEMBERED_S)
            self._refused.add(role)
        return True

    def taken(self, wanted: FactsRole) -> FactsRole:
        """The role to use where `wanted` is wished for: it, or the next that was not refused."""
        rest = ROLES[ROLES.index(wanted) :]
        return next((role for role in rest if role not in self._refused), ROLES[-1])


@functools.cache
def refused_roles() -> RefusedRoles:
    """What the server of this process has refused."""
    return RefusedRoles()


def with_current(fields: Payload) -> Payload:
    """The fields of a request, whose instructions name the role in which facts are told now."""
    return facts_role.fields_in_role(fields, current())


def current() -> FactsRole:
    """The role in which facts are told now."""
    # tutor.E007 holds that it is one.
    return refused_roles().taken(cast("FactsRole", settings.MODEL_FACTS_ROLE))
