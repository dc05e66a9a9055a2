"""The output of running programs, as one page has been shown it."""

from tutor.protocol import frames
from tutor.protocol.events import RunPrinted
from tutor.session.run_output import ASK_S, RunOutput


def printed(seq: int, begun: int = 1, text: str = "x") -> RunPrinted:
    return RunPrinted("run-1", "stdout", text, begun, seq)


def view(state: frames.RunState, begun: int, seq: int = 0) -> frames.RunView:
    return frames.RunView(
        id="run-1", by="student", code="", state=state, begun=begun, seq=seq, interactive=True
    )


def test_pieces_are_shown_once_and_in_order() -> None:
    output = RunOutput()
    output.note(view("running", 1))
    assert [output.takes(printed(seq)) for seq in (1, 2, 2, 1, 3)] == [
        True, True, False, False, True,
    ]  # fmt: skip
    assert output.to_ask_for(0) == []


def test_after_a_gap_nothing_is_shown_until_all_came_and_it_is_asked_for_once_a_second() -> None:
    output = RunOutput()
    assert output.takes(printed(1))
    assert not output.takes(printed(3))
    assert output.to_ask_for(10) == ["run-1"]
    assert not output.takes(printed(4))
    assert output.to_ask_for(10 + ASK_S / 2) == []
    assert output.to_ask_for(10 + ASK_S) == ["run-1"]
    assert output.is_behind("run-1", (1, 4))
    output.note(view("running", 1, seq=4))
    assert output.to_ask_for(99) == []
    assert not output.is_behind("run-1", (1, 4))
    # What crossed it is known; the next one is not.
    assert [output.takes(printed(seq)) for seq in (3, 4, 5)] == [False, False, True]


def test_a_reminder_shows_that_the_end_is_missing_and_nothing_else() -> None:
    output = RunOutput()
    assert output.takes(printed(1))
    assert not output.takes(printed(1, text=""))
    assert output.to_ask_for(0) == []
    assert not output.takes(printed(2, text=""))
    assert output.to_ask_for(0) == ["run-1"]


def test_a_page_that_comes_in_the_middle_asks_and_a_view_of_less_takes_nothing_back() -> None:
    output = RunOutput()
    assert not output.takes(printed(7))
    assert output.to_ask_for(0) == ["run-1"]
    output.note(view("running", 1, seq=7))
    output.note(view("running", 1, seq=3))
    assert output.takes(printed(8))


def test_a_run_that_is_begun_anew_prints_anew() -> None:
    output = RunOutput()
    assert output.takes(printed(1))
    assert output.takes(printed(2))
    assert output.takes(printed(1, begun=2))
    assert not output.takes(printed(3, begun=1))
    assert not output.takes(printed(4, begun=3))
    assert output.to_ask_for(0) == ["run-1"]


def test_what_a_run_that_is_over_is_said_to_have_printed_is_known() -> None:
    output = RunOutput()
    output.note(view("ok", 1))
    assert not output.takes(printed(9))
    assert output.to_ask_for(0) == []


def test_a_worker_that_does_not_count_is_believed() -> None:
    assert RunOutput().takes(RunPrinted("run-1", "stdout", "x"))
