"""Gated turns: in whatever order things happen, wherever the process dies, nothing that leaks is
shown, stored as shown or carried out, nothing at all before its verdict, and the turn ends.

Pure: the turn, and rows in a list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tutor.turn.events import SAID
from tests.tutor.turn.gated import brackets
from tests.tutor.turn.gated_rows import GatedPlayer, leaks
from tests.tutor.turn.rows import READY, STATUSES, TOOLS, check_moves, check_outputs
from tutor.leaks.said import Channel, Said
from tutor.protocol.calls import texts_of
from tutor.protocol.events import TurnLost
from tutor.protocol.gate import Timer
from tutor.turn import history
from tutor.turn.rules import MAX_WITHHELD, Phase

__all__ = ["brackets"]
pytestmark = pytest.mark.usefixtures("brackets")

KINDS = [*TOOLS, "run!", "predict!"]
CALLS = st.lists(
    st.tuples(st.sampled_from(["call_0", "call_1"]), st.sampled_from(KINDS)), max_size=3
)
TEXTS = st.lists(
    st.sampled_from(["What ", "if?", "[x]", "[", "]", "[!]", "!"]), min_size=1, max_size=4
)


def check(player: GatedPlayer) -> None:
    """What holds when the turn is over."""
    rows = player.rows
    assert player.turn.phase is Phase.IDLE
    check_outputs(rows.items)
    check_moves(player)
    for number, item in enumerate(rows.items, 1):
        if item.get("role") == "assistant" and number not in rows.withheld:
            assert not leaks(Said(Channel.REPLY, "".join(texts_of(item))))
    assert history.times_withheld(rows.items) <= MAX_WITHHELD


@dataclass
class Chance:
    """What happens next in a turn, as `data` has it."""

    data: Any
    player: GatedPlayer
    # How often the process may still die or lose the turn.
    troubles: int = 3

    def draw(self, *values: Any) -> Any:
        return self.data.draw(st.sampled_from(values))

    def happens(self) -> None:
        """One of what may happen; among it is always something that brings the turn on."""
        player = self.player
        if self.troubles and player.dies_after is None:
            player.dies_after = self.data.draw(st.none() | st.integers(0, 6))
            self.troubles -= player.dies_after is not None
        may = self.goes_on() * 2 + [player.stops]
        if player.asked is not None:
            may += [self.speaks] * 6 + [self.ends] * 4 + [player.fails]
            may += [player.is_steered] * bool(player.parts[-1])
        may += [player.student_says] * (player.rows.messages < 4)
        may += [self.is_lost] * bool(self.troubles)
        may += [self.is_judged_again] * bool(player.told)
        may += [self.answers_late] * bool(player.given_up)
        self.draw(*may)()

    def goes_on(self) -> list[Callable[[], None]]:
        """What has to happen some time, but for what the model says."""
        player = self.player
        may: list[Callable[[], None]] = [partial(player.run_ends, one) for one in player.going_on]
        may += [lambda: player.happens(player.raised.popleft())] * bool(player.raised)
        may += [lambda: player.is_judged(self.place(player.judging))] * 3 * bool(player.judging)
        may += [lambda: player.rings(self.place(player.timers))] * bool(player.timers)
        return may

    def comes_to_its_end(self) -> None:
        """From here on the model says what anybody may read, and nothing goes wrong."""
        player, player.dies_after = self.player, None
        for _ in range(200):
            if player.rows.is_over:
                return
            may = self.goes_on()
            if player.asked is not None:
                may.append(lambda: player.ends([], ["Why?"]))
            assert may, "the turn hangs"
            may[0]()
        raise AssertionError("the turn does not end")

    def place(self, among: Sequence[Any]) -> int:
        place: int = self.data.draw(st.integers(0, len(among) - 1))
        return place

    def speaks(self) -> None:
        self.player.speaks("".join(self.data.draw(TEXTS)))

    def ends(self) -> None:
        said = self.player.parts[-1]
        texts = self.draw(None, None, [said[:2], said[2:]], ["Why?"], ["[y]"], ["[y!]"])
        self.player.ends(self.data.draw(CALLS), texts, heard=self.draw(True, False))

    def is_lost(self) -> None:
        self.troubles -= 1
        self.player.happens(TurnLost())
        self.player.dies()

    def is_judged_again(self) -> None:
        self.player.is_judged_again(self.place(self.player.told))

    def answers_late(self) -> None:
        self.player.answers_late(self.draw(*self.player.given_up))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_nothing_is_shown_before_its_verdict_whatever_happens(data: Any) -> None:
    player = GatedPlayer(lambda kind, _: data.draw(st.sampled_from(STATUSES[kind])))
    chance = Chance(data, player)
    player.happens(SAID)
    for _ in range(30):
        if not player.rows.is_over:
            chance.happens()
    chance.comes_to_its_end()
    check(player)


# Cut everywhere --------------------------------------------------------------------------------

RESPONSE = st.tuples(TEXTS, CALLS)
Script = list[tuple[list[str], list[tuple[str, str]]]]


def answers(player: GatedPlayer, texts: list[str], calls: list[tuple[str, str]]) -> None:
    """The model says all this, unless it is asked anew meanwhile."""
    parts = player.parts
    for text in texts:
        if player.parts is parts:
            player.speaks(text)
        if player.judging:
            player.is_judged(0)
    if player.parts is parts:
        player.ends(calls)


def played(script: Script, statuses: list[int], at: int | None) -> tuple[GatedPlayer, int]:
    """A turn in which all goes in order, cut after so many steps, and how many steps it had."""

    def decided(kind: str, item: int) -> str:
        return STATUSES[kind][statuses[item % len(statuses)]]

    player = GatedPlayer(decided, max_runs=100)
    player.dies_after = before = 1_000
    if at is not None:
        player.dies_after = at
    player.happens(SAID)
    while not player.rows.is_over:
        if player.raised:
            player.happens(player.raised.popleft())
        elif player.asked is not None:
            said = len(player.rows.responses)
            # Of a response that was not stored nothing is left: the model says it again.
            player.programs = 100 * said
            answers(player, *(script[said] if said < len(script) else (["What if?"], [])))
        elif player.judging:
            player.is_judged(0)
        else:
            player.run_ends(player.going_on[0])
    return player, before - (player.dies_after or 0)


@settings(max_examples=60, deadline=None)
@given(
    script=st.lists(RESPONSE, max_size=4),
    statuses=st.lists(st.integers(0, 2), min_size=1, max_size=5),
)
def test_wherever_a_gated_turn_is_cut_it_comes_to_the_same_end(
    script: Script, statuses: list[int]
) -> None:
    whole, steps = played(script, statuses, None)
    check(whole)
    for cut in range(1, steps):
        again, _ = played(script, statuses, cut)
        assert again.dies_after is None, "it was not cut"
        assert again.rows.items == whole.rows.items
        assert again.rows.withheld == whole.rows.withheld
        assert again.rows.runs == whole.rows.runs
        assert again.rows.moves == whole.rows.moves


def test_a_model_that_always_leaks_is_replaced_by_a_question_of_ours_wherever_it_is_cut() -> None:
    script: Script = [(["Well, [x!]"], [("call_0", "run")])] * 9
    whole, steps = played(script, [0], None)
    assert whole.rows.items[-1] == READY
    assert len(whole.rows.responses) == MAX_WITHHELD + 1
    for cut in range(1, steps):
        assert played(script, [0], cut)[0].rows.items == whole.rows.items


def test_the_property_sees_both_timers_and_what_is_withheld() -> None:
    player, _ = played([(["Well, [x!]"], [])], [0], None)
    assert {one.timer for one in player.timers} == {Timer.SEARCHING, Timer.UNSEEN}
    assert player.rows.withheld
