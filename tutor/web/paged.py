"""Rows beside a row in the admin, as many as a page can show: the last, and links to others."""

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.forms import BaseInlineFormSet
from django.http import HttpRequest, QueryDict

from tutor.web.read_only import ReadOnly, TabularInline

if TYPE_CHECKING:
    from django.db.models import QuerySet

    FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    FormSet = BaseInlineFormSet

# So many rows are shown at a time.
PAGE_ROWS: Final = 50


class PagedFormSet(FormSet):
    """The last rows before one of the given number, in order; without one, the last of all."""

    # The field that tells their order, and the page's query, in which `name` has the number.
    order: ClassVar[str]
    name: ClassVar[str]
    asked: ClassVar[QueryDict]

    # The rows, one more than are shown if there are earlier ones; None before they were read.
    _found: list[Any] | None = None

    def get_queryset(self) -> Any:
        """The rows that are shown."""
        if self._found is None:
            rows: QuerySet[Any] = super().get_queryset()
            if self._before:
                rows = rows.filter(**{f"{self.order}__lt": self._before})
            self._found = list(rows.order_by(f"-{self.order}")[: PAGE_ROWS + 1])[::-1]
        return self._found[-PAGE_ROWS:]

    @property
    def _before(self) -> int:
        text = self.asked.get(self.name, "")
        return int(text) if text.isdecimal() and len(text) < 10 else 0  # what a column holds

    @property
    def earlier(self) -> str:
        """The query that shows the rows before these; empty where there are none."""
        shown = self.get_queryset()
        if len(self._found or []) <= PAGE_ROWS:
            return ""
        return self._with(getattr(shown[0], self.order))

    @property
    def last(self) -> str:
        """The query that shows the last rows; empty where these are shown."""
        return self._with(None) if self._before else ""

    def _with(self, before: int | None) -> str:
        query = self.asked.copy()
        query.pop(self.name, None)
        if before is not None:
            query[self.name] = str(before)
        return f"?{query.urlencode()}#{self.prefix}-group"


class PagedInline(ReadOnly, TabularInline):
    """Rows that grow in number with what a student does; `order` is the field of their order."""

    template = "admin/tutor/paged_inline.html"
    can_delete = False
    order = "pk"

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """The form set of the page that is asked for."""
        names = {
            "order": self.order,
            "name": f"{self.opts.model_name}_before",
            "asked": request.GET,
        }
        options["formset"] = type("PagedFormSet", (PagedFormSet,), names)
        return super().get_formset(request, obj, **options)
