"""What the tutor cost and how soon it answered, summed up for instructors: a page of the admin."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from courses.models import Course
from tutor.models import Response

# Days that are summed up unless others are chosen, and rows that are shown, the dearest first.
DAYS: Final = 30
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
    """What a page sums up: the days from `first` to `last`, of one course or of all, by what."""

    by: str
    first: date
    last: date
    course: int | None

    @classmethod
    def read(cls, query: QueryDict) -> "Chosen":
        """What an address asks for; what it does not say, or says badly, is as usual."""
        today = timezone.localdate()
        by = query.get("by", "")
        course = query.get("course", "")
        return cls(
            by if by in GROUPINGS else "course",
            _day(query.get("from", "")) or today - timedelta(days=DAYS - 1),
            _day(query.get("to", "")) or today,
            int(course) if course.isdecimal() and len(course) < 18 else None,
        )

    def query(self, **changed: Any) -> str:
        """The address of such a page, with other values for some of it."""
        values = {"by": self.by, "from": self.first, "to": self.last, "course": self.course or ""}
        asked = QueryDict(mutable=True)
        asked.update({name: str(value) for name, value in {**values, **changed}.items()})
        return asked.urlencode()

    def responses(self) -> Any:
        """The responses of these days and this course: a ResponseQuerySet."""
        last = self.last + timedelta(days=1) if self.last < date.max else date.max
        chosen = Response.objects.filter(
            created_at__gte=_midnight(self.first), created_at__lt=_midnight(last)
        )
        return chosen.filter(conversation__lesson__course=self.course) if self.course else chosen

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
            (other.title, chosen.query(by=name), name == chosen.by)
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


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
