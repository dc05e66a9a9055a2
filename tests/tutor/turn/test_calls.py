"""Calls of all tools, under ids that say nothing: in whatever order things happen, wherever the
process dies, each call has one output in the end: its own, in its place.

Pure: the turn, and rows in a list. tests/tutor/session/test_call_ids.py has database, session and
socket.
"""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tutor.turn.events import SAID, call, stored
from tests.tutor.turn.rows import STATUSES, TOOLS, Player, check_moves, check_outputs
from tutor.protocol.actions import MakeMove, StartRun
from tutor.turn.calls import decide
from tutor.turn.rules import MAX_REQUESTS, Phase

# What a call is: its id, and what it asks for.
CALLS = st.tuples(st.sampled_from(["call_0", "call_1"]), st.sampled_from(["run", *TOOLS]))
RESPONSES = st.lists(st.lists(CALLS, min_size=1, max_size=4), max_size=MAX_REQUESTS - 1)


@settings(max_examples=150, deadline=None)
@given(responses=RESPONSES, data=st.data())
def test_each_call_has_its_own_output_whatever_happens(
    responses: list[list[tuple[str, str]]], data: Any
) -> None:
    player = Player(lambda kind, _: data.draw(st.sampled_from(STATUSES[kind])))
    left = iter(responses)
    player.happens(SAID)
    deaths = 0
    while not player.rows.is_over:
        if deaths < 3 and player.dies_after is None:
            player.dies_after = data.draw(st.none() | st.integers(0, 6))
            deaths += player.dies_after is not None
        can = player.turn.phase is Phase.ASKING
        may = ["answer", "answer", "answer", "steer", "heard"] if can else []
        may += [*player.going_on, *["raised"] * 3 * bool(player.raised)]
        match data.draw(st.sampled_from([*may * 2, "say", "stop"])):
            case "answer":
                player.answers(next(left, []))
            case "heard":
                player.answers(next(left, []), heard=True)
            case "steer":
                player.is_steered()
            case "say" if player.rows.messages < 4:
                player.student_says()
            case "stop":
                player.stops()
            case "raised":
                player.happens(player.raised.popleft())
            case name if name in player.going_on:
                player.run_ends(name)
    check_outputs(player.rows.items)
    check_moves(player)


@given(
    kinds=st.lists(CALLS, max_size=6),
    withheld=st.sets(st.integers(1, 6), max_size=3),
    runs_left=st.integers(-1, 3),
)
def test_what_is_ordered_of_a_response_keeps_the_rules(
    kinds: list[tuple[str, str]], withheld: set[int], runs_left: int
) -> None:
    made = Player(lambda kind, _: kind)
    calls = tuple(
        replace(one, withheld=one.item in withheld)
        for one in stored(*(made.call(*one) for one in kinds))
    )
    decided = decide(calls, runs_left)
    assert list(decided) == [one.item for one in calls]
    orders = [one.order for one in decided.values() if one.order]
    runs = sum(isinstance(order, StartRun) for order in orders)
    moves = [order.call.item for order in orders if isinstance(order, MakeMove)]
    covered = any(kind in ("predict", "malformed") for _, kind in kinds)
    names = ["" if item in withheld else kind for item, (_, kind) in enumerate(kinds, 1)]
    first = [item for item, kind in enumerate(names, 1) if kind in ("predict", "hint", "offer")][:1]
    assert moves == first
    assert runs == (0 if covered else min(names.count("run"), max(runs_left, 0)))
    for one, (call_id, _), kind in zip(decided.values(), kinds, names, strict=True):
        assert (one.order is None) == (one.output is not None)
        assert one.call_id == call_id
        assert bool(one.not_run) == (kind == "run" and one.order is None)
        if one.output and not kind:
            assert "would solve the step" in one.output["output"]


def test_a_call_without_an_id_is_answered_without_one() -> None:
    bare = call("call_0")
    del bare["call_id"]
    assert decide(stored(bare), 1)[1].call_id == ""


# Cut everywhere --------------------------------------------------------------------------------


def played(
    script: list[list[tuple[str, str]]], statuses: list[int], cut: int | None
) -> tuple[Player, int]:
    """A turn in which all goes in order, cut after so many steps, and how many steps it had."""

    def decided(kind: str, item: int) -> str:
        return STATUSES[kind][statuses[item % len(statuses)]]

    # A process that takes the turn up counts its runs anew.
    player = Player(decided, max_runs=100)
    player.dies_after = cut
    before = 1_000
    if cut is None:
        player.dies_after = before
    player.happens(SAID)
    while not player.rows.is_over:
        if player.raised:
            player.happens(player.raised.popleft())
        elif player.asked is not None:
            # Of a response that was not stored nothing is left: the model says it again.
            said = len(player.rows.responses)
            player.programs = 100 * said
            player.answers(script[said] if said < len(script) else [])
        else:
            player.run_ends(player.going_on[0])
    return player, before - (player.dies_after or 0)


@settings(max_examples=60, deadline=None)
@given(
    script=st.lists(st.lists(CALLS, min_size=1, max_size=3), max_size=4),
    statuses=st.lists(st.integers(0, 2), min_size=1, max_size=5),
)
def test_wherever_a_turn_is_cut_it_comes_to_the_same_end(
    script: list[list[tuple[str, str]]], statuses: list[int]
) -> None:
    whole, steps = played(script, statuses, None)
    check_outputs(whole.rows.items)
    check_moves(whole)
    # The first step stores the message: before it there is no turn to go on with.
    for cut in range(1, steps):
        again, _ = played(script, statuses, cut)
        assert again.dies_after is None, "it was not cut"
        assert again.rows.items == whole.rows.items
        assert again.rows.runs == whole.rows.runs
        assert again.rows.moves == whole.rows.moves
