"""Frames from the browser: what is taken, what is refused by name, and where the bounds are."""

import json
from typing import Any

import pytest

from tutor.protocol import frames

ANSWER = {"type": "answer", "id": "answer-1", "prediction": 5, "text": "None"}
HINT = {"type": "hint", "id": "hint-0001", "step": "search", "code": "print(1)", "base": 3}


def parsed(frame: dict[str, Any], **changed: Any) -> Any:
    return frames.parse(json.dumps({**frame, **changed}))


def refused(frame: dict[str, Any], **changed: Any) -> frames.FrameError:
    with pytest.raises(frames.FrameError) as error:
        parsed(frame, **changed)
    return error.value


def without(frame: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in frame.items() if key != name}


def test_an_answer_names_its_prediction_and_what_was_foretold() -> None:
    assert parsed(ANSWER) == frames.Answer(type="answer", id="answer-1", prediction=5, text="None")


def test_who_does_not_know_says_so_with_null_and_not_with_silence() -> None:
    assert parsed(ANSWER, text=None).text is None
    assert refused(without(ANSWER, "text")).id == "answer-1"
    assert "text" in str(refused(ANSWER, text=""))


def test_an_answer_has_at_most_so_many_characters_whatever_they_are() -> None:
    assert parsed(ANSWER, text="ü" * frames.MAX_ANSWER_CHARS)
    error = refused(ANSWER, text="5" * (frames.MAX_ANSWER_CHARS + 1))
    assert error.id == "answer-1"
    assert str(frames.MAX_ANSWER_CHARS) in str(error)


def test_a_refusal_quotes_nothing_of_what_the_student_wrote() -> None:
    error = refused(ANSWER, text="secret" * 20_000)
    assert error.id == "answer-1"
    assert "secret" not in str(error)


@pytest.mark.parametrize("number", [0, -1, 2**31, 1.5, "find(5)", None])
def test_a_prediction_is_named_by_the_number_of_an_item(number: Any) -> None:
    assert refused(ANSWER, prediction=number).id == "answer-1"


def test_a_wish_for_a_hint_brings_the_program_as_a_message_does() -> None:
    asked = parsed(HINT, files={"data.txt": "1"}, version=2, page="page-1")
    assert asked == frames.Hint(
        type="hint", id="hint-0001", step="search", code="print(1)", files={"data.txt": "1"},
        base=3, version=2, page="page-1",
    )  # fmt: skip
    assert parsed(without(HINT, "step")).step == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "x" * (frames.MAX_CODE_CHARS + 1)},
        {"code": "a\x00b"},
        {"files": {f"{n}.txt": "" for n in range(frames.MAX_FILES + 1)}},
        {"base": -1},
        {"base": None},
        {"step": "../etc"},
        {"level": 2},  # which one is given is not the student's to say
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_wish_for_a_hint_is_refused_by_name_where_it_is_wrong(changed: dict[str, Any]) -> None:
    assert refused(HINT, **changed).id == "hint-0001"


@pytest.mark.parametrize("frame", [ANSWER, HINT], ids=lambda frame: frame["type"])
@pytest.mark.parametrize("name", ["", "short", "call.5", "prediction.5", "x" * 65, "ü" * 10])
def test_no_client_chooses_a_name_of_ours(frame: dict[str, Any], name: str) -> None:
    assert refused(frame, id=name).id == ""


@pytest.mark.parametrize("frame", [ANSWER, HINT], ids=lambda frame: frame["type"])
def test_a_field_that_there_is_not_is_refused(frame: dict[str, Any]) -> None:
    assert refused(frame, verdict="right").id == frame["id"]


def test_a_message_above_the_limit_is_not_read() -> None:
    error = refused(ANSWER, text="5" * frames.MAX_FRAME_BYTES)
    assert error.id == ""
    assert "too large" in str(error)


def test_text_that_no_database_can_hold_is_refused() -> None:
    assert "not allowed" in str(refused(ANSWER, text="5\x00"))
