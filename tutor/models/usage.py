"""What the model's responses cost: in tokens, time and money."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Sum

from tutor.method import pricing
from tutor.models.percentile import Percentile
from tutor.protocol.events import ResponseKind, Usage

# What was said or done for a student, a warm-up apart. Rows of earlier releases have no kind.
IS_ANSWER = Q(kind=ResponseKind.ANSWER.value) | Q(kind="", output_tokens__gt=0)


class ResponseQuerySet(models.QuerySet["Response"]):
    """Many responses."""

    def tokens(self) -> dict[str, int]:
        """Their tokens together: sums of `input`, `cached` and `output`."""
        names = {"input": "input_tokens", "cached": "cached_tokens", "output": "output_tokens"}
        return self.aggregate(**{name: Sum(of, default=0) for name, of in names.items()})

    def totals(self) -> dict[str, Any]:
        """Their sums: see `sums`."""
        return self.aggregate(**sums())

    def grouped(self, *keys: str) -> Any:
        """The sums of each group with the same `keys`, in one query: a QuerySet of dicts."""
        return self.order_by().values(*keys).annotate(**sums())


class Response(models.Model):
    """The cost of one response of the model, warm-ups included. Holds no content."""

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="responses")
    response_id = models.TextField()
    input_tokens = models.PositiveIntegerField()
    # Those of the input that the API had read before.
    cached_tokens = models.PositiveIntegerField()
    output_tokens = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    # What follows is not known of rows of earlier releases.
    # Those of the output that were thought, and not said.
    reasoning_tokens = models.PositiveIntegerField(null=True, blank=True)
    kind = models.CharField(
        max_length=16, blank=True, default="", db_default="",
        choices=[(kind.value, kind.value) for kind in ResponseKind],
    )  # fmt: skip
    model = models.CharField(max_length=200, blank=True, default="", db_default="")
    effort = models.CharField(max_length=32, blank=True, default="", db_default="")
    tier = models.CharField(max_length=32, blank=True, default="", db_default="")
    first_word_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="From the request to the first piece of text."
    )
    total_ms = models.PositiveIntegerField(null=True, blank=True)
    over_http = models.BooleanField(null=True, blank=True)
    cut_short = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="Why it is incomplete."
    )
    # By the prices of its day; null if there was none, or its tokens were not told.
    cost = models.DecimalField(max_digits=18, decimal_places=9, null=True, blank=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.response_id

    @classmethod
    def of(cls, response_id: str, usage: Usage) -> "Response":
        """The row of a response, not saved and of no conversation yet."""
        prices = pricing.price_list(settings.OPENAI_PRICES)
        return cls(
            response_id=response_id,
            input_tokens=usage.input,
            cached_tokens=usage.cached,
            output_tokens=usage.output,
            reasoning_tokens=usage.reasoning,
            kind=usage.kind.value,
            model=usage.model[:200],
            effort=usage.effort[:32],
            tier=usage.tier[:32],
            first_word_ms=usage.first_word_ms,
            total_ms=usage.total_ms,
            over_http=usage.over_http,
            cut_short=usage.cut_short[:64],
            cost=pricing.cost(usage, pricing.prices_of(prices, usage.model, usage.tier)),
        )


def sums() -> dict[str, Any]:
    """What is summed up of responses, as aggregates by name."""
    return {
        "responses": Count("pk"),
        "answers": Count("pk", filter=IS_ANSWER),
        "cut": Count("pk", filter=IS_ANSWER & ~Q(cut_short="")),
        "input": Sum("input_tokens", default=0),
        "cached": Sum("cached_tokens", default=0),
        "output": Sum("output_tokens", default=0),
        "reasoning": Sum("reasoning_tokens", default=0),
        "amount": Sum("cost", default=Decimal(0)),
        "unpriced": Count("pk", filter=Q(cost__isnull=True)),
        "first_word_p50": Percentile("first_word_ms", 0.5),
        "first_word_p95": Percentile("first_word_ms", 0.95),
    }
