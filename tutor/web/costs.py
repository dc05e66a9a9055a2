"""What the tutor cost and how soon it answered, summed up for instructors: a page of the admin."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from courses.models import Course
from tutor.models import Response
from tutor.web.period import Period

# Rows that are shown, the dearest first.
MAX_ROWS: Final = 200


@dataclass(frozen=True)
class Grouping:
    """One way to sum up: what rows have in common, and what names one."""

    title: str
    # The columns of the page, by what the database calls them.
    keys: dict[str, str]
    # Of what a row links to: an admin page by the key that is its number; empty for none.
    link: tuple[str, str] = ("", "")


GROUPINGS: Final = {
    "course": Grouping("Course", {"conversation__lesson__course__title": "course"}),
    "lesson": Grouping(
        "Lesson",
        {
            "conversation__lesson__course__title": "course",
            "conversation__lesson__slug": "lesson",
        },
    ),
    "student": Grouping("Student", {"conversation__student__username": "student"}),
    "conversation": Grouping(
        "Conversation",
        {
            "conversation": "number",
            "conversation__student__username": "student",
            "conversation__lesson__title": "lesson",
        },
        ("admin:tutor_conversation_change", "conversation"),
    ),
    "day": Grouping("Day", {"day": "day"}),
    "asked": Grouping(
        "Model, effort and tier", {"model": "model", "effort": "effort", "tier": "tier"}
    ),
    "kind": Grouping("Kind of response", {"kind": "kind"}),
}
# Their order among groups: days as they come, all others by what they cost.
BY_COST: Final = ("-amount", "-input", "-responses")


@dataclass(frozen=True)
class Chosen:
    """What a page sums up, by what."""

    by: str
    period: Period

    @classmethod
    def read(cls, query: QueryDict) -> "Chosen":
        """What an address asks for; what it does not say, or says badly, is as usual."""
        by = query.get("by", "")
        return cls(by if by in GROUPINGS else "course", Period.read(query))

    def responses(self) -> Any:
        """The responses of these days and this course: a ResponseQuerySet."""
        return self.period.of(Response.objects.all())

    def rows(self) -> list[dict[str, Any]]:
        """The sums of each group, at most MAX_ROWS + 1, in one query."""
        grouping = GROUPINGS[self.by]
        responses = self.responses()
        if self.by == "day":
            days = responses.annotate(day=TruncDate("created_at"))
            return list(days.grouped("day").order_by("-day")[: MAX_ROWS + 1])
        return list(responses.grouped(*grouping.keys).order_by(*BY_COST)[: MAX_ROWS + 1])


def costs_page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The sums by what the address asks for, for whoever may see responses."""
    if not request.user.has_perm("tutor.view_response"):
        raise PermissionDenied
    chosen = Chosen.read(request.GET)
    grouping = GROUPINGS[chosen.by]
    rows = chosen.rows()
    route, number = grouping.link
    page = {
        **site.each_context(request),
        "title": "What the tutor cost",
        "chosen": chosen,
        "groupings": [
            (other.title, chosen.period.query(name), name == chosen.by)
            for name, other in GROUPINGS.items()
        ],
        "courses": Course.objects.order_by("title").values_list("pk", "title"),
        "headings": list(grouping.keys.values()),
        "rows": [
            {
                **row,
                "names": [row[key] for key in grouping.keys],
                "link": reverse(route, args=[row[number]]) if route else "",
                "cost": _money(row),
            }
            for row in rows[:MAX_ROWS]
        ],
        "more": len(rows) > MAX_ROWS,
        "most": MAX_ROWS,
        "totals": (totals := chosen.responses().totals()),
        "total_cost": _money(totals),
        "currency": settings.CURRENCY,
        "has_prices": bool(settings.OPENAI_PRICES),
    }
    return render(request, "admin/tutor/response/costs.html", page)


def _money(sums: dict[str, Any]) -> Decimal | None:
    """The amount of those whose price is known, to a hundredth, less than one to a hundredth of
    that; None if none is known.
    """
    if sums["unpriced"] == sums["responses"]:
        return None
    amount = Decimal(sums["amount"])
    return amount.quantize(Decimal("0.01") if amount >= 1 else Decimal("0.0001"))
