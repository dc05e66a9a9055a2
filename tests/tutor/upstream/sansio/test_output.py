"""The items of a response, whichever source has them: nothing is lost, nothing comes twice."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tutor.scripted import call, message
from tutor.protocol.calls import Payload
from tutor.protocol.events import Usage
from tutor.upstream.sansio.output import Output, completeness, fuller, merge, readable, with_cut
from tutor.upstream.sansio.parse import UNREADABLE_ITEM, ItemDone, ResponseDone

THOUGHT: Payload = {"id": "rs_1", "type": "reasoning", "encrypted_content": "gAAA", "summary": []}
SAID, CALLED = message("What did you expect?"), call("print(1)")
UNFINISHED = call("", arguments="", status="in_progress")


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (UNFINISHED, CALLED),
        ({**CALLED, "arguments": '{"code": "prin'}, CALLED),
        ({**CALLED, "arguments": "{}"}, CALLED),
        ({**CALLED, "arguments": "[" * 5_000}, {**CALLED, "arguments": "{}"}),
        ({**CALLED, "status": "in_progress"}, CALLED),
        (message("What"), SAID),
        ({**SAID, "content": []}, SAID),
        ({**SAID, "status": "incomplete"}, SAID),
        ({**THOUGHT, "encrypted_content": None}, THOUGHT),
        ({**THOUGHT, "encrypted_content": ""}, THOUGHT),
    ],
)
def test_what_is_less_complete_gives_way(less: Payload, more: Payload) -> None:
    assert completeness(less) < completeness(more)
    assert fuller(less, more) == fuller(more, less) == more
    # A whole item stays, even where the end of the response has less of it.
    assert merge([less], {0: more}) == merge([more], {0: less}) == (more,)


def test_of_two_that_are_as_complete_the_end_of_the_response_counts() -> None:
    spaced = {**CALLED, "arguments": json.dumps(json.loads(CALLED["arguments"]), indent=1)}
    assert merge([CALLED], {0: spaced}) == (CALLED,)


@pytest.mark.parametrize(
    "terminal",
    [
        [], [SAID], [CALLED], [THOUGHT, SAID], [SAID, CALLED], [THOUGHT, CALLED],
        [THOUGHT, SAID, CALLED], [UNREADABLE_ITEM, SAID, CALLED],
        [THOUGHT, UNREADABLE_ITEM, UNFINISHED],
        [{**SAID, "id": "another"}, {**CALLED, "id": "another"}],
        [{**CALLED, "call_id": "another", "id": "another"}],
    ],
)  # fmt: skip
def test_whatever_the_end_leaves_out_is_there_once_and_in_its_place(terminal: Any) -> None:
    merged = merge(terminal, {0: THOUGHT, 1: SAID, 2: CALLED})
    assert [item["type"] for item in merged] == ["reasoning", "message", "function_call"]
    assert merged[2]["arguments"] == CALLED["arguments"]


def test_calls_that_all_have_one_id_are_told_apart() -> None:
    first, second = call("print(1)", id="fc"), call("print(2)", id="fc")
    for terminal in ([], [first], [second], [first, second], [UNFINISHED | {"id": "fc"}, second]):
        assert merge(terminal, {0: first, 1: second}) == (first, second)


def test_the_same_call_made_twice_is_made_twice() -> None:
    first, second = call("print(1)", call_id="call_1"), call("print(1)", call_id="call_2")
    for terminal in ([], [first], [second], [first, second]):
        assert merge(terminal, {0: first, 1: second}) == (first, second)


@pytest.mark.parametrize("indices", [[0, 0, 0], [None, None, None], [7, 7, 9], [0, None, None]])
def test_indices_that_tell_nothing_lose_nothing(indices: list[int | None]) -> None:
    output = Output()
    for _ in range(2):  # everything comes twice
        for index, item in zip(indices, (THOUGHT, SAID, CALLED), strict=True):
            output.add(ItemDone(index, item))
    assert output.merged(()) == (THOUGHT, SAID, CALLED)


def test_what_was_only_heard_in_pieces_is_a_message() -> None:
    output = Output()
    for piece in ("What ", "if?"):
        output.add_text(piece)
    [said] = output.merged(())
    assert (said["role"], said["content"][0]["text"]) == ("assistant", "What if?")
    assert output.merged((SAID,)) == (SAID,)
    # Also where the end has a message without it, or only a call; thoughts come before.
    for empty in (message(""), {**SAID, "content": []}):
        [filled] = output.merged((empty,))
        assert (filled["id"], filled["content"][0]["text"]) == (SAID["id"], "What if?")
    assert output.merged((THOUGHT, CALLED)) == (THOUGHT, said, CALLED)
    assert output.merged((THOUGHT,)) == (THOUGHT, said)
    assert output.merged((UNREADABLE_ITEM,)) == (said, UNREADABLE_ITEM)


def test_a_text_that_the_end_has_trimmed_is_there_once() -> None:
    spaced = message(" What  did you expect?\n", id="another")
    assert merge([SAID], {0: spaced}) == (spaced,)
    assert merge([message("What")], {0: spaced}) == (spaced,)


@pytest.mark.parametrize(
    ("items", "kept"),
    [
        ([SAID, UNREADABLE_ITEM], [SAID]), ([UNREADABLE_ITEM, SAID], [SAID]),
        ([UNREADABLE_ITEM, CALLED], [CALLED]), ([UNREADABLE_ITEM], []),
        ([THOUGHT, UNREADABLE_ITEM], []),
        ([message(""), UNREADABLE_ITEM], []), ([SAID, THOUGHT, UNREADABLE_ITEM], [SAID]),
        ([THOUGHT, SAID, UNREADABLE_ITEM], [THOUGHT, SAID]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_costs_only_the_thought_that_led_to_it(
    items: list[Payload], kept: list[Payload]
) -> None:
    assert readable(items) == tuple(kept)


@st.composite
def items(draw: st.DrawFn) -> Payload:
    """An item of few words, so that now and then the same stands in two places."""
    name = draw(st.sampled_from(["", "a", "b"]))
    match draw(st.sampled_from(["message", "call", "thought"])):
        case "message":
            return message(draw(st.sampled_from(["", "x", "xy", "z"])), id=name)
        case "call":
            written = ["", "{", "{}", '{"code": "1"}', '{"code": "2"}', "[]", "1"]
            fields = {
                "arguments": draw(st.sampled_from(written)),
                "call_id": draw(st.sampled_from(["call_0", "call_1"])),
                "status": draw(st.sampled_from(["completed", "in_progress"])),
            }
            return call("", id=name, **fields)
        case _:
            seal = draw(st.sampled_from([None, "", "g1", "g2"]))
            return {**THOUGHT, "encrypted_content": seal, "id": name}


def text_of(item: Payload) -> str:
    return "".join(part["text"] for part in item.get("content", []))


def weakened(item: Payload, kept: int) -> Payload:
    """The item as it was when less of it was written."""
    if item["type"] == "message":
        return message(text_of(item)[:kept], id=item["id"], status="in_progress")
    if item["type"] == "function_call":
        return {**item, "arguments": item["arguments"][:kept], "status": "in_progress"}
    return {**item, "encrypted_content": None}


def unlike_others(item: Payload, place: int) -> Payload:
    """The same with a name and words of its own."""
    named = {**item, "id": f"item {place}"}
    if item["type"] == "message":
        return {**named, "content": message(f"{place}{text_of(item)}")["content"]}
    if item["type"] == "function_call":
        return call(f"print({place})", id=named["id"])
    return {**named, "encrypted_content": f"g{place}"}


def holds(kept: Payload, item: Payload) -> bool:
    """Whether `kept` says all that `item` says."""
    if kept["type"] != item["type"] or completeness(kept) < completeness(item):
        return False
    return kept["id"] == item["id"] or text_of(kept).startswith(text_of(item))


@given(st.lists(items(), max_size=5), st.data())
@settings(max_examples=300, deadline=None)
def test_of_a_response_nothing_is_lost_that_either_source_had_whole(
    written: list[Payload], data: st.DataObject
) -> None:
    """Each source has each item whole, in part or not at all."""
    heard: dict[int, Payload] = {}
    terminal: list[Payload] = []
    for place, item in enumerate(written):
        named = unlike_others(item, place)
        for source in ("heard", "terminal"):
            way = data.draw(st.sampled_from(["whole", "part", "none"]))
            version = named if way == "whole" else weakened(named, data.draw(st.integers(0, 3)))
            if way != "none" and source == "heard":
                heard[place] = version
            elif way != "none":
                terminal.append(version)
    merged = merge(terminal, heard)
    assert len({item["id"] for item in merged}) == len(merged)
    for item in [*terminal, *heard.values()]:
        assert any(holds(kept, item) for kept in merged)


# Fields that nobody has looked at may be anything.
ODD = st.builds(
    lambda odd: {**THOUGHT, "id": odd, "status": odd, "summary": odd, "content": odd},
    st.sampled_from([None, 7, [[]], [{"text": []}], {"a": []}]),
)


@given(
    st.lists(items() | ODD | st.just(UNREADABLE_ITEM), max_size=5),
    st.lists(st.tuples(st.none() | st.integers(0, 5), items() | ODD), max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_the_merge_is_the_same_each_time_and_keeps_whole_calls(
    terminal: list[Payload], heard: list[tuple[int | None, Payload]]
) -> None:
    def merged() -> tuple[Payload, ...]:
        output = Output()
        for index, item in heard:
            output.add(ItemDone(index, item))
        return output.merged(terminal)

    kept = merged()
    assert kept == merged()
    # Another call is another: none that the end of the response has whole is replaced by less.
    for item in terminal:
        if item:
            assert any(completeness(item) <= completeness(other) for other in kept)
    assert len(kept) >= len(terminal)


@pytest.mark.parametrize(
    ("usage", "items", "cap", "window", "cut"),
    [
        (Usage(10, 0, 16), (SAID,), 16, 0, "max_output_tokens"),
        (Usage(10, 0, 15), (SAID,), 16, 0, ""),
        (Usage(24, 0, 2024), (SAID,), 0, 2048, "max_output_tokens"),
        (Usage(24, 0, 2023), (SAID,), 0, 2048, ""),
        # A call that is whole is made, whatever it fills.
        (Usage(10, 0, 16), (SAID, CALLED), 16, 0, ""),
        # Nothing is bounded, or nothing counted.
        (Usage(10, 0, 9999), (SAID,), 0, 0, ""),
        (Usage(), (SAID,), 16, 2048, ""),
        (Usage(0, 0, 16), (), 16, 0, ""),
    ],
)
def test_an_answer_that_fills_its_bound_is_cut_whatever_its_server_says(
    usage, items, cap, window, cut
):
    done = ResponseDone("r1", items, usage=usage)
    assert with_cut(done, cap, window).cut_short == cut


def test_the_servers_own_reason_stands():
    done = ResponseDone("r1", (SAID,), "content_filter", Usage(1, 0, 16))
    assert with_cut(done, 16, 0) is done
