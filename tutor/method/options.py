"""How the model is asked: what a site and a course set of it, as fields of a request. Pure.

The course's choice goes before the site's, but never costs more: a number, an effort, a lifetime of
the cache or the cheap tier that the site has set is an upper bound as well. Verbosity is the
course's affair. Tiers dearer than the usual one, and other caching, only a site can choose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from courses.facts import Effort, ModelOptions, Verbosity
from tutor.protocol.calls import Payload

EFFORTS: Final[tuple[str, ...]] = get_args(Effort)
VERBOSITIES: Final[tuple[str, ...]] = get_args(Verbosity)
TIERS: Final = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
CACHE_TTLS: Final = ("30m", "12h")
CACHE_MODES: Final = ("implicit", "explicit")
CACHE_RETENTIONS: Final = ("in_memory", "24h")

# The tokens that a model may think for an answer, by effort: some times what it takes mostly. They
# count against the cap, and an answer that has no room left after them is none.
REASONING_TOKENS: Final[Mapping[str, int]] = {
    "none": 0,
    "minimal": 1_000,
    "low": 2_000,
    "medium": 6_000,
    "high": 16_000,
    "xhigh": 32_000,
    "max": 64_000,
}
# Where nobody sets an effort a model that thinks has one of its own, which is this mostly.
USUAL_EFFORT: Final = "medium"
# Less than that is no answer: a run of the student's program does not fit into it.
LEAST_ANSWER_TOKENS: Final = 200
MOST_ANSWER_TOKENS: Final = 100_000
RUNS_PER_TURN: Final = 6
MOST_RUNS_PER_TURN: Final = 10


@dataclass(frozen=True)
class SiteOptions:
    """What the site sets; None and 0 are not set, apart from `reasoning_tokens`.

    `reasoning_tokens`: the room for thinking, whatever the effort; None for that of the effort.
    """

    reasoning_effort: str = ""
    verbosity: str = ""
    max_answer_tokens: int = 0
    reasoning_tokens: int | None = None
    runs_per_turn: int = RUNS_PER_TURN
    service_tier: str = ""
    cache_ttl: str = ""
    cache_mode: str = ""
    cache_retention: str = ""


@dataclass(frozen=True)
class Asking:
    """How the model is asked in one lesson: the fields of a request, and what its turns may do."""

    fields: Payload
    runs_per_turn: int


def combine(site: SiteOptions, course: ModelOptions) -> Asking:
    """What both set, the course over the site and within its bounds. Only what is set is sent."""
    effort = _lower_word(EFFORTS, site.reasoning_effort, course.reasoning_effort or "")
    answer = _lower(site.max_answer_tokens, course.max_answer_tokens or 0)
    verbosity = course.verbosity or site.verbosity
    tier = site.service_tier if site.service_tier == "flex" else course.service_tier
    ttl = _lower_word(CACHE_TTLS, site.cache_ttl, course.cache_ttl or "")
    cache = {"mode": site.cache_mode, "ttl": ttl}
    fields: Payload = {
        "reasoning": {"effort": effort} if effort else None,
        "text": {"verbosity": verbosity} if verbosity else None,
        "max_output_tokens": _output_tokens(answer, effort, site.reasoning_tokens),
        "prompt_cache_options": {name: value for name, value in cache.items() if value} or None,
        "prompt_cache_retention": site.cache_retention or None,
        "service_tier": tier or site.service_tier or None,
    }
    return Asking(
        {name: value for name, value in fields.items() if value is not None},
        _lower(site.runs_per_turn, course.runs_per_turn or 0),
    )


def wrong_options(site: SiteOptions) -> list[str]:
    """What is wrong with the site's options, a sentence each, by the names of their settings."""
    found = []
    for name, value, known in (
        ("OPENAI_REASONING_EFFORT", site.reasoning_effort, EFFORTS),
        ("OPENAI_VERBOSITY", site.verbosity, VERBOSITIES),
        ("OPENAI_SERVICE_TIER", site.service_tier, TIERS),
        ("OPENAI_CACHE_TTL", site.cache_ttl, CACHE_TTLS),
        ("OPENAI_CACHE_MODE", site.cache_mode, CACHE_MODES),
        ("OPENAI_CACHE_RETENTION", site.cache_retention, CACHE_RETENTIONS),
    ):
        if value and value not in known:
            found.append(f"{name} is {value!r}. It may be {', '.join(known)}.")
    answer, room = site.max_answer_tokens, site.reasoning_tokens
    if answer and not LEAST_ANSWER_TOKENS <= answer <= MOST_ANSWER_TOKENS:
        found.append(
            f"OPENAI_MAX_ANSWER_TOKENS is {answer}. It may be {LEAST_ANSWER_TOKENS} to "
            f"{MOST_ANSWER_TOKENS}: less holds no answer with a program to run. 0 is no bound."
        )
    least = REASONING_TOKENS["minimal"]
    thinks = site.reasoning_effort not in ("", "none")
    if room is not None and (room < 0 or (thinks and room < least)):
        found.append(
            f"OPENAI_REASONING_TOKENS is {room}. A model that thinks needs {least} at least, or it "
            "ends before it has said a word; leave it empty for what the effort takes."
        )
    if not 1 <= site.runs_per_turn <= MOST_RUNS_PER_TURN:
        found.append(f"RUNS_PER_TURN is {site.runs_per_turn}. It may be 1 to {MOST_RUNS_PER_TURN}.")
    return found


def _lower(site: int, course: int) -> int:
    """The lower one of two bounds; 0 is none."""
    return min(site, course) if site and course else site or course


def _lower_word(words: Sequence[str], site: str, course: str) -> str:
    """The same for words, in their order; any other one is none."""
    return min((word for word in (site, course) if word in words), key=words.index, default="")


def _output_tokens(answer: int, effort: str, room: int | None) -> int | None:
    """The cap as the API counts it: on an answer and on what was thought for it, together."""
    if not answer:
        return None
    if room is None:
        room = REASONING_TOKENS.get(effort or USUAL_EFFORT, 0)
    return answer + room
