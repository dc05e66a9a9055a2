"""The browser's protocol under one name: complete, documented, and with what the page is shown."""

from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from tutor.protocol import frames

VIEW = frames.PredictionView(
    number=5, step="search", call="find(5)", question="What does it give?", state="open"
)
ITEMS: list[frames.ItemView] = [
    frames.PredictionItem(number=6, turn=2, prediction=VIEW),
    frames.HintItem(number=7, turn=2, step="search", level=1, text="Look at line 4.", asked=True),
    frames.OfferItem(number=8, turn=2, step="search", what="variant"),
]


def names(union: Any) -> list[str]:
    return [frame.model_fields["type"].annotation.__args__[0] for frame in get_args(union)]


@pytest.mark.parametrize("union", [frames.FromBrowser, frames.ToBrowser], ids=["in", "out"])
def test_every_frame_is_exported_and_has_a_type_of_its_own(union: Any) -> None:
    assert {frame.__name__ for frame in get_args(union)} <= set(frames.__all__)
    types = names(union)
    assert len(types) == len(set(types))


@pytest.mark.parametrize("name", names(frames.FromBrowser))
def test_a_client_can_read_of_every_frame_that_it_may_send(name: str) -> None:
    assert f"`{name}`" in str(frames.__doc__)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.kind)
def test_an_item_comes_back_from_json_as_it_was(item: frames.ItemView) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(frames.ItemView)
    assert adapter.validate_json(item.model_dump_json()) == item


def test_a_hint_is_accepted_with_its_item_and_a_message_that_waits_without() -> None:
    hint = ITEMS[1]
    assert isinstance(hint, frames.HintItem)
    assert frames.Accepted(id="hint-0001", item=hint).item == hint
    assert frames.Accepted(id="answer-1", item=None).item is None
    with pytest.raises(ValidationError):
        frames.Accepted.model_validate({"id": "hint-0001", "item": ITEMS[0].model_dump()})


def test_a_prediction_says_nothing_of_the_answer_until_there_is_one() -> None:
    assert (VIEW.said, VIEW.gave, VIEW.stale, VIEW.message) == ("", "", False, "")
    changed = frames.PredictionChanged(prediction=VIEW)
    assert changed.model_dump()["type"] == "prediction"


def test_a_run_tells_its_program_apart_from_what_the_tutor_added() -> None:
    run = frames.RunView(
        id="call.5", by="tutor", code="", state="ok", own=True,
        calls=(frames.CallView(call="find(5)", outcome="None"),),
    )  # fmt: skip
    again = frames.RunView.model_validate_json(run.model_dump_json())
    assert again == run
    assert again.calls[0].outcome == "None"
