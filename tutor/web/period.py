"""The days and the course that a page of sums is about, as its address says them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

# Days that are summed up unless others are chosen.
DAYS: Final = 30


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, of one course, by its number, or of all."""

    first: date
    last: date
    course: int | None

    @classmethod
    def read(cls, query: QueryDict) -> "Period":
        """What an address asks for; what it does not say, or says badly, is as usual."""
        today = timezone.localdate()
        course = query.get("course", "")
        return cls(
            _day(query.get("from", "")) or today - timedelta(days=DAYS - 1),
            _day(query.get("to", "")) or today,
            int(course) if course.isdecimal() and len(course) < 18 else None,
        )

    def query(self, by: str) -> str:
        """The address of a page about it, summed up `by` something."""
        asked = QueryDict(mutable=True)
        asked.update(
            {
                "by": by,
                "from": str(self.first),
                "to": str(self.last),
                "course": str(self.course or ""),
            }
        )
        return asked.urlencode()

    def of(self, rows: QuerySet[Any]) -> Any:
        """Those of `rows`, which have a conversation and a time, that belong to it."""
        last = self.last + timedelta(days=1) if self.last < date.max else date.max
        chosen = rows.filter(created_at__gte=_midnight(self.first), created_at__lt=_midnight(last))
        return chosen.filter(conversation__lesson__course=self.course) if self.course else chosen


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
