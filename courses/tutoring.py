"""The parts of `course.yaml` about the tutor: how much it helps, how it is asked."""

from typing import Annotated, Literal

from pydantic import Field

from courses.facts import Effort, Verbosity
from courses.part import Part


class PolicyPart(Part):
    """How much the tutor helps."""

    support: Literal["low", "medium", "high", "open"] = "medium"
    max_hint_level: Annotated[int, Field(ge=1, le=9)] | None = Field(
        None, description="The highest level of hints that may be given."
    )
    gate: Literal["on", "log"] = Field(
        "on", description="Whether what would solve a step is kept from the student, or only noted."
    )


class ModelPart(Part):
    """How the tutor's model is asked. What is left out is as the site has it.

    A site may bound numbers and effort: a course can lower them, never raise them.
    """

    reasoning_effort: Effort | None = Field(
        None, description="How long the model thinks; less is sooner, and costs less."
    )
    verbosity: Verbosity | None = Field(None, description="How much it says.")
    max_answer_tokens: Annotated[int, Field(ge=200, le=100_000)] | None = Field(
        None,
        description="How long an answer may be, a program to run included, thinking apart: 110 "
        "words are about 150 tokens, ten lines of a program 100.",
    )
    runs_per_turn: Annotated[int, Field(ge=1, le=10)] | None = Field(
        None, description="How many programs the tutor may run for one message of a student's."
    )
    service_tier: Literal["default", "flex"] | None = Field(
        None, description="`flex` is cheaper and slower."
    )
    cache_ttl: Literal["30m", "12h"] | None = Field(
        None, description="How long the provider keeps a lesson's instructions read, at least."
    )


Messages = Annotated[int, Field(ge=1, le=100_000)]


class QuotasPart(Part):
    """How much a student may ask the tutor. Running code is always free."""

    messages_per_day: Messages | None = None
    messages_per_lesson: Messages | None = None
