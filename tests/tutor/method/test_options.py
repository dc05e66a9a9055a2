"""How the model is asked: what site and course set, and who goes before whom."""

from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest
from openai.types.responses import response_create_params as api
from openai.types.responses.service_tier import ServiceTier
from openai.types.shared_params.reasoning import Reasoning
from pydantic import TypeAdapter

from courses.facts import ModelOptions
from courses.tutoring import ModelPart
from tutor.method import options
from tutor.method.options import SiteOptions, combine, wrong_options

ALL = SiteOptions("high", "medium", 2_000, None, 5, "priority", "12h", "implicit", "24h")


def test_nothing_is_sent_that_is_not_set() -> None:
    assert combine(SiteOptions(), ModelOptions()) == options.Asking({}, 6)


def test_all_that_a_site_sets_is_what_the_api_knows() -> None:
    sent = combine(ALL, ModelOptions()).fields
    assert sent == {
        "reasoning": {"effort": "high"},
        "text": {"verbosity": "medium"},
        "max_output_tokens": 18_000,
        "prompt_cache_options": {"mode": "implicit", "ttl": "12h"},
        "prompt_cache_retention": "24h",
        "service_tier": "priority",
    }
    base = TypeAdapter(api.ResponseCreateParamsBase)
    base.validate_python({**sent, "model": "m"}, strict=True)
    tiers = [name for one in get_args(ServiceTier) for name in get_args(one)]
    assert list(options.TIERS) == tiers
    assert "effort" in get_type_hints(Reasoning)


@pytest.mark.parametrize(
    ("site", "course", "name", "value"),
    [
        # Less than the site's is the course's to choose …
        (ALL, ModelOptions(reasoning_effort="low"), "reasoning", {"effort": "low"}),
        (ALL, ModelOptions(reasoning_effort="none"), "max_output_tokens", 2_000),
        (ALL, ModelOptions(max_answer_tokens=300), "max_output_tokens", 16_300),
        (ALL, ModelOptions(service_tier="flex"), "service_tier", "flex"),
        (ALL, ModelOptions(verbosity="high"), "text", {"verbosity": "high"}),
        # … more is not, where the site has set anything.
        (ALL, ModelOptions(reasoning_effort="max"), "reasoning", {"effort": "high"}),
        (ALL, ModelOptions(reasoning_effort="max"), "max_output_tokens", 18_000),
        (ALL, ModelOptions(max_answer_tokens=9_000), "max_output_tokens", 18_000),
        (SiteOptions(service_tier="flex"), ModelOptions(service_tier="default"), "service_tier",
         "flex"),
        (SiteOptions(cache_ttl="30m"), ModelOptions(cache_ttl="12h"), "prompt_cache_options",
         {"ttl": "30m"}),
        # Where it has not, the course has its way.
        (SiteOptions(), ModelOptions(reasoning_effort="max"), "reasoning", {"effort": "max"}),
        (SiteOptions(), ModelOptions(max_answer_tokens=300), "max_output_tokens", 6_300),
        (SiteOptions(), ModelOptions(cache_ttl="12h"), "prompt_cache_options", {"ttl": "12h"}),
    ],
)  # fmt: skip
def test_a_course_chooses_within_the_bounds_of_the_site(
    site: SiteOptions, course: ModelOptions, name: str, value: Any
) -> None:
    assert combine(site, course).fields[name] == value


@pytest.mark.parametrize(("site", "course", "runs"), [(6, None, 6), (6, 2, 2), (2, 6, 2)])
def test_a_course_may_have_fewer_runs_than_the_site_has(
    site: int, course: int | None, runs: int
) -> None:
    asking = combine(SiteOptions(runs_per_turn=site), ModelOptions(runs_per_turn=course))
    assert asking.runs_per_turn == runs


@pytest.mark.parametrize("effort", ["", *options.EFFORTS])
def test_a_cap_always_leaves_room_for_what_is_thought(effort: str) -> None:
    site = SiteOptions(reasoning_effort=effort, max_answer_tokens=options.LEAST_ANSWER_TOKENS)
    room = combine(site, ModelOptions()).fields["max_output_tokens"] - site.max_answer_tokens
    assert room == 0 if effort == "none" else room >= 1_000
    assert wrong_options(site) == []


def test_a_model_that_does_not_think_needs_no_room_if_the_site_says_so() -> None:
    site = SiteOptions(max_answer_tokens=600, reasoning_tokens=0)
    assert combine(site, ModelOptions()).fields == {"max_output_tokens": 600}
    assert wrong_options(site) == []


@pytest.mark.parametrize(
    ("site", "setting"),
    [
        (SiteOptions(reasoning_effort="tiny"), "OPENAI_REASONING_EFFORT is 'tiny'. It may be none"),
        (SiteOptions(verbosity="loud"), "OPENAI_VERBOSITY"),
        (SiteOptions(service_tier="cheap"), "OPENAI_SERVICE_TIER"),
        (SiteOptions(cache_ttl="1h"), "OPENAI_CACHE_TTL"),
        (SiteOptions(cache_mode="on"), "OPENAI_CACHE_MODE"),
        (SiteOptions(cache_retention="1w"), "OPENAI_CACHE_RETENTION"),
        (SiteOptions(max_answer_tokens=150), "OPENAI_MAX_ANSWER_TOKENS is 150"),
        (SiteOptions(max_answer_tokens=-1), "OPENAI_MAX_ANSWER_TOKENS is -1"),
        (SiteOptions(reasoning_effort="high", reasoning_tokens=500), "OPENAI_REASONING_TOKENS is"),
        (SiteOptions(reasoning_tokens=-1), "OPENAI_REASONING_TOKENS is"),
        (SiteOptions(runs_per_turn=0), "RUNS_PER_TURN is 0"),
        (SiteOptions(runs_per_turn=11), "RUNS_PER_TURN is 11"),
    ],
)
def test_what_the_api_would_refuse_or_an_answer_not_survive_is_refused(
    site: SiteOptions, setting: str
) -> None:
    [said] = wrong_options(site)
    assert said.startswith(setting)
    # And where nobody checks it, nothing breaks.
    combine(site, ModelOptions("low", "low", 300, 2, "flex", "12h"))


def test_the_format_of_courses_has_the_options_that_the_facts_have() -> None:
    assert list(ModelPart.model_fields) == [field.name for field in fields(ModelOptions)]
