"""Which field a server refuses, in the words of many servers."""

from typing import Any

import pytest

from courses.facts import ModelOptions
from tutor.method import options, prompts
from tutor.method.options import SiteOptions
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.causes import Cause
from tutor.upstream.sansio.optional_fields import OPTIONAL_FIELDS, refused_field
from tutor.upstream.sansio.recovery import Recovery, Remedy


@pytest.mark.parametrize(
    ("status", "told", "field"),
    [
        (400, {"message": "Unsupported value: 'max'.", "param": "reasoning.effort"}, "reasoning"),
        (400, {"message": "No.", "param": "text.verbosity"}, "text"),
        (422, {"message": "No.", "param": "max_output_tokens"}, "max_output_tokens"),
        (None, {"message": "No.", "param": "service_tier"}, "service_tier"),
        (400, {"message": "No.", "param": "include[0]"}, "include"),
        (400, {"message": "Encrypted content is not supported with this model.",
               "param": "include"}, "include"),
        (400, {"message": "max_tokens is too large: 18000.", "param": "max_tokens"},
         "max_output_tokens"),
        (400, {"message": "Unsupported parameter: 'reasoning.effort' is not supported with this "
                          "model.", "param": None}, "reasoning"),
        (400, {"message": "Unknown parameter: `prompt_cache_options`."}, "prompt_cache_options"),
        (400, {"message": "Unrecognized request argument supplied: service_tier"}, "service_tier"),
        (400, {"message": "litellm.UnsupportedParamsError: openai does not support parameters: "
                          "['reasoning_effort'], for model=llama"}, "reasoning"),
        (400, {"message": "prompt_cache_retention: Extra inputs are not permitted"},
         "prompt_cache_retention"),
        (422, {"detail": [{"loc": ["body", "text", "verbosity"], "msg": "Extra"}]}, "text"),
        # What is wrong elsewhere, or may pass, is not for such a field.
        (400, {"message": "Unsupported parameter: 'reasoning'", "param": "input[3].type"}, ""),
        (400, {"message": "No.", "param": "model"}, ""),
        (400, {"message": "No.", "param": "store"}, ""),
        (400, {"message": "No.", "param": "tools[0].strict"}, ""),
        (400, {"message": "Invalid type for the text of the reasoning."}, ""),
        (400, {"message": "The student's context is not supported."}, ""),
        (401, {"message": "No.", "param": "service_tier"}, ""),
        (429, {"message": "No.", "param": "service_tier"}, ""),
        (500, {"message": "No.", "param": "service_tier"}, ""),
        (400, {"message": 7, "param": 7, "detail": [7, {"loc": 7}, {"loc": [[], {}]}]}, ""),
    ],
)  # fmt: skip
def test_the_field_is_the_one_that_the_server_names(
    status: Any, told: dict[str, Any], field: str
) -> None:
    failed = parse.parse_error(told, {"status": status})
    assert failed.param == field
    assert (failed.cause is Cause.FIELD) == bool(field)


def test_every_option_of_site_and_course_can_be_done_without() -> None:
    site = SiteOptions("low", "low", 500, None, 6, "flex", "12h", "implicit", "24h")
    assert set(options.combine(site, ModelOptions()).fields) <= set(OPTIONAL_FIELDS)
    fields = prompts.request_fields(model="m", instructions="", student_hash="", cache_key="")
    assert set(fields) - set(OPTIONAL_FIELDS) == {"model", "store", "instructions", "tools"}


def test_each_field_is_left_out_once_in_a_question_and_then_all_else_is_tried() -> None:
    recovery = Recovery()
    asked = {"is_continuation": False, "has_begun": False}
    for name in ("reasoning", "text"):
        failed = parse.parse_error({"param": name}, {"status": 400})
        assert recovery.next(failed, **asked) is Remedy.WITHOUT_FIELD
    assert recovery.next(failed, **asked) is Remedy.LAST_TURN_ON_TRIAL
    assert recovery.next(failed, **asked) is None


def test_a_text_that_quotes_half_a_megabyte_is_looked_at_briefly() -> None:
    told = {"message": "Unsupported parameter: " + "'" * 500_000 + "reasoning"}
    assert refused_field(400, told, is_transient=False) == ""
