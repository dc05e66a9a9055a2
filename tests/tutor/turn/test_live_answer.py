"""A live answer between its owner and those who follow it, whatever is lost or comes twice."""

from typing import Any

import pytest

from tutor.protocol import frames
from tutor.turn.live_answer import (
    ASK_AGAIN_S,
    FORGET_S,
    RENEW_S,
    AnswerFollower,
    AnswerNews,
    AnswerOwner,
    ShownAnswer,
)

TURN, FENCE = 3, 7


def delta(text: str, seq: int, request: int = 1, first: int = 0) -> frames.Delta:
    return frames.Delta(turn=TURN, request=request, first=first, seq=seq, text=text)


def so_far(text: str, seq: int, request: int = 1) -> frames.SoFar:
    return frames.SoFar(turn=TURN, request=request, seq=seq, text=text)


def state(state: frames.TurnState = "thinking", number: int = TURN) -> frames.TurnChanged:
    return frames.TurnChanged(number=number, state=state)


def stored(number: int, text: str = "It.") -> frames.ItemStored:
    return frames.ItemStored(item=frames.TutorItem(number=number, turn=TURN, text=text))


def shown(*those: frames.ToBrowser) -> ShownAnswer:
    answer = ShownAnswer()
    for frame in those:
        answer.hear(frame)
    return answer


def owner(*those: frames.ToBrowser) -> tuple[AnswerOwner, Any]:
    """An owner that has shown these; and a function to show more."""
    answer = shown(*those)
    owning = AnswerOwner(answer)

    def show(*more: frames.ToBrowser, now: float = 0.0, fence: int | None = FENCE) -> None:
        for frame in more:
            answer.hear(frame)
            owning.hear(frame, fence, now)

    return owning, show


def whole(*those: Any, number: int = 1, fence: int = FENCE, stored: int = 0) -> AnswerNews:
    return AnswerNews(fence, number, stored, those, is_whole=True)


def news(*those: Any, number: int, fence: int = FENCE, stored: int = 0) -> AnswerNews:
    return AnswerNews(fence, number, stored, those)


def test_who_is_in_step_takes_nothing_back_when_it_is_told_all_once_more() -> None:
    page = shown(state())
    follower = AnswerFollower(page)
    all_of_it = whole(state(), so_far("What", 2))
    for frame in follower.take(all_of_it):
        page.hear(frame)
    # The row may come before the owner has said that it is stored.
    page.hear(stored(5, "What"))
    assert follower.take(all_of_it) == []
    assert follower.take(news(delta("?", 3), number=2, stored=5)) == [delta("?", 3)]


# The owner


def test_who_comes_in_the_middle_is_told_all_and_then_the_rest() -> None:
    owning, show = owner(state(), delta("Wh", 1), delta("at", 2))
    owning.follow("late", -1, -1, now=0)
    [(to, so)] = owning.pop(FENCE)
    assert (to, so.frames) == ("late", (state(), so_far("What", 2)))
    show(delta(" n", 3), delta("ow", 4), state("speaking"), delta("?", 5))
    [(to, rest)] = owning.pop(FENCE)
    # Pieces that came together are one.
    assert (to, rest.number) == ("", so.number + 1)
    assert rest.frames == (delta(" now", 4, first=3), state("speaking"), delta("?", 5))


def test_while_nobody_follows_nothing_is_told() -> None:
    owning, show = owner()
    show(state(), delta("What", 1))
    assert not owning.has_news
    assert owning.pop(FENCE) == []


def test_who_does_not_ask_again_is_forgotten_and_misses_what_was_told_to_nobody() -> None:
    owning, show = owner(state())
    owning.follow("one", -1, -1, now=0)
    [(_, first)] = owning.pop(FENCE)
    show(delta("a", 1), now=FORGET_S)
    assert not owning.has_news
    owning.follow("other", -1, -1, now=FORGET_S)
    owning.pop(FENCE)
    show(delta("b", 2), now=FORGET_S)
    [(_, later)] = owning.pop(FENCE)
    assert later.number > first.number + 1


def test_who_leaves_is_told_nothing() -> None:
    owning, show = owner(state())
    owning.follow("one", -1, -1, now=0)
    owning.unfollow("one")
    show(delta("a", 1))
    assert not owning.has_news


def test_who_is_in_step_and_asks_again_is_not_told_all_of_it() -> None:
    owning, _ = owner(state(), delta("a", 1))
    owning.follow("one", -1, -1, now=0)
    [(_, so)] = owning.pop(FENCE)
    owning.follow("one", so.fence, so.number, now=1)
    assert not owning.has_news
    owning.follow("one", so.fence, so.number - 1, now=1)
    assert [channel for channel, _ in owning.pop(FENCE)] == ["one"]


def test_who_asks_before_the_turn_is_ours_is_answered_when_it_is() -> None:
    owning, show = owner(state())
    owning.follow("one", -1, -1, now=0)
    assert owning.pop(None) == []
    show(delta("a", 1))
    assert owning.pop(FENCE)[-1][1].frames == (state(), so_far("a", 1))


def test_what_is_shown_while_the_turn_is_anothers_is_not_told() -> None:
    owning, show = owner(state())
    owning.follow("one", -1, -1, now=0)
    owning.pop(FENCE)
    show(delta("not ours", 1), fence=None)
    assert owning.pop(FENCE) == []


def test_an_item_parts_what_was_told_before_it_from_what_comes_after() -> None:
    owning, show = owner(state())
    owning.follow("one", -1, -1, now=0)
    owning.pop(FENCE)
    show(delta("before", 1), stored(9), delta("after", 2))
    assert [(one.stored, one.frames) for _, one in owning.pop(FENCE)] == [
        (0, (delta("before", 1),)),
        (9, (delta("after", 2),)),
    ]


def test_news_survive_the_layer_and_those_of_another_release_are_none() -> None:
    there = whole(state("speaking"), so_far("What", 2), number=4, stored=8)
    assert AnswerNews.of({"type": "answer.so_far", **there.message()}) == there
    assert AnswerNews.of({"type": "answer.so_far", "turn": 1, "text": "x"}) is None
    broken = {**there.message(), "frames": [{"type": "unheard"}]}
    assert AnswerNews.of(broken) is None


# A follower


def follower(*those: frames.ToBrowser) -> AnswerFollower:
    return AnswerFollower(shown(*those))


def test_a_gap_is_not_shown_but_asked_about_and_at_most_once_a_second() -> None:
    following = follower(state())
    assert following.pop_due(0.0)
    assert following.take(whole(state(), so_far("What", 2), number=1)) == [so_far("What", 2)]
    assert not following.pop_due(ASK_AGAIN_S)
    assert following.take(news(delta("?", 4), number=3)) == []
    assert following.pop_due(ASK_AGAIN_S)
    assert not following.pop_due(2 * ASK_AGAIN_S - 0.01)
    assert following.pop_due(2 * ASK_AGAIN_S)


def test_who_is_in_step_asks_again_now_and_then_and_not_once_the_turn_is_over() -> None:
    following = follower(state())
    assert following.pop_due(0.0)
    following.take(whole(state(), number=1))
    assert not following.pop_due(RENEW_S - 0.01)
    assert following.pop_due(RENEW_S)
    following.shown.hear(state("done"))
    assert not following.pop_due(3 * RENEW_S)
    following.shown.hear(state(number=TURN + 1))
    assert following.pop_due(3 * RENEW_S)


def test_what_comes_twice_is_shown_once() -> None:
    following = follower(state())
    so = whole(state(), so_far("Wh", 1), number=1)
    assert following.take(so)
    following.shown.hear(so_far("Wh", 1))
    assert following.take(so) == []
    assert following.take(news(delta("at", 2), number=2)) == [delta("at", 2)]
    assert following.take(news(delta("at", 2), number=2)) == []
    assert following.is_in_step


def test_what_was_told_before_an_item_is_part_of_it() -> None:
    following = follower(state())
    following.take(whole(state(), number=1))
    following.shown.hear(stored(9))
    assert following.take(news(delta("late", 1), number=2)) == []
    assert following.take(news(delta("next", 1), number=3, stored=9)) == [delta("next", 1)]


def test_rows_come_before_what_was_told_after_them() -> None:
    following = follower(state())
    following.take(whole(state(), number=1))
    assert not following.is_ahead(news(delta("a", 1), number=2))
    assert following.is_ahead(news(delta("a", 1), number=2, stored=9))
    # Nor is anything shown of a turn that the page has not heard of, or that has ended for it.
    following.shown.hear(state("done"))
    assert following.is_ahead(news(delta("a", 1), number=2))
    assert following.take(news(delta("a", 1), number=2)) == []


def test_another_owner_takes_back_what_the_one_before_had_said() -> None:
    following = follower(state())
    following.take(whole(state(), number=5))
    following.shown.hear(so_far("Half an ans", 4))
    assert following.take(news(delta("x", 5), number=6, fence=FENCE + 1)) == []
    anew = whole(state("speaking"), so_far("New", 1, request=2), fence=FENCE + 1, number=1)
    back = frames.Withdrawn(turn=TURN, request=1)
    assert following.take(anew) == [back, state("speaking"), so_far("New", 1, request=2)]
    # An owner that does not know yet that it has lost its turn.
    assert following.take(news(delta("wer", 5), number=6)) == []
    assert following.is_in_step


# What is shown


@pytest.mark.parametrize("ended", ["done", "stopped", "failed"])
def test_nothing_is_left_of_an_answer_whose_turn_is_over(ended: frames.TurnState) -> None:
    answer = shown(state(), delta("half", 1))
    answer.hear(state(ended))
    assert (answer.texts(), answer.is_coming) == ([], False)


def test_hello_begins_anew() -> None:
    hello = frames.Hello(
        conversation=1, step="one", steps=[], waiting=[], turn=state(), last_run=None,
        emulated=True, items=[frames.TutorItem(number=4, turn=2, text="Before.")],
    )  # fmt: skip
    answer = shown(state(), delta("half", 1), hello)
    assert (answer.texts(), answer.is_coming, answer.stored) == ([], True, 4)
