"""What the leak gate held back, counted for instructors: a page of the admin."""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from courses.models import Course
from tutor.models import Judgement
from tutor.web.period import Period

# Rows that are shown, those with most withheld first.
MAX_ROWS: Final = 200
MOST_WITHHELD: Final = ("-withheld", "-noted", "-judged")


@dataclass(frozen=True)
class Grouping:
    """One way to sum up: the columns by what the database calls them, and the list's filters.

    `filters` are for the list behind a row: the filter of a column that it has one for.
    """

    title: str
    keys: dict[str, str]
    filters: tuple[str, ...]


_COURSE: Final = {"conversation__lesson__course__title": "course"}
_LESSON: Final = {**_COURSE, "conversation__lesson__slug": "lesson"}
GROUPINGS: Final = {
    "lesson": Grouping("Lesson", _LESSON, ("conversation__lesson__slug",)),
    "step": Grouping("Step", {**_LESSON, "step": "step"}, ("conversation__lesson__slug", "step")),
    "channel": Grouping("Channel", {"channel": "channel"}, ("channel",)),
    "version": Grouping("Version of the gate", {"gate_version": "version"}, ("gate_version",)),
}


def sums_page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The counts by what the address asks for, for whoever may see judgements."""
    if not request.user.has_perm("tutor.view_judgement"):
        raise PermissionDenied
    by = request.GET.get("by", "")
    by = by if by in GROUPINGS else "lesson"
    grouping, period = GROUPINGS[by], Period.read(request.GET)
    judgements = period.of(Judgement.objects.all())
    found = judgements.grouped(*grouping.keys).order_by(*MOST_WITHHELD, *grouping.keys)
    rows = list(found[: MAX_ROWS + 1])
    page = {
        **site.each_context(request),
        "title": "What was held back",
        "chosen": {"by": by, "period": period},
        "groupings": [
            (other.title, period.query(name), name == by) for name, other in GROUPINGS.items()
        ],
        "courses": Course.objects.order_by("title").values_list("pk", "title"),
        "headings": list(grouping.keys.values()),
        "rows": [
            {**row, "names": [row[key] for key in grouping.keys], "link": _list(grouping, row)}
            for row in rows[:MAX_ROWS]
        ],
        "more": len(rows) > MAX_ROWS,
        "most": MAX_ROWS,
        "totals": judgements.totals(),
        "gate": settings.LEAK_GATE,
    }
    return render(request, "admin/tutor/judgement/sums.html", page)


def _list(grouping: Grouping, row: dict[str, Any]) -> str:
    """The address of the list of the row's judgements, of all days."""
    asked = {name: row[name] for name in grouping.filters}
    return f"{reverse('admin:tutor_judgement_changelist')}?{urlencode(asked)}"
