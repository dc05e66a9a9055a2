"""Tokens that the model's responses cost."""

from django.db import models
from django.db.models import Sum

from tutor.protocol.events import Usage


class ResponseQuerySet(models.QuerySet["Response"]):
    """Many responses."""

    def totals(self) -> Usage:
        """Their tokens together."""
        sums = self.aggregate(
            input=Sum("input_tokens", default=0),
            cached=Sum("cached_tokens", default=0),
            output=Sum("output_tokens", default=0),
        )
        return Usage(**sums)


class Response(models.Model):
    """The tokens of one response of the model, warm-ups included. Holds no content."""

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="responses")
    response_id = models.TextField()
    input_tokens = models.PositiveIntegerField()
    # Those of the input that the API had read before.
    cached_tokens = models.PositiveIntegerField()
    output_tokens = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.response_id
