"""The lanes of a connection: their order, their number, their names."""

import pytest

from tests.tutor.emulator.core import (
    NOW,
    connection,
    create,
    output_of,
    refused,
    response_id,
    run,
    started,
)
from tutor.emulator.model import Say
from tutor.emulator.protocol import MAX_RUNNING, Refused, Started


class TestLanes:
    def test_a_second_request_waits_for_the_first(self):
        core = connection()
        first = started(core)
        core.receive(create(input="Next"))
        assert core.begin(NOW) == []
        core.complete(first, NOW)
        core.release(first)
        assert [type(begun) for begun in core.begin(NOW)] == [Started]

    def test_what_a_waiting_request_continues_is_looked_up_when_it_starts(self):
        core = connection()
        first = started(core)
        core.receive(create(previous_response_id=first.id))
        core.complete(first, NOW)
        core.release(first)
        (begun,) = core.begin(NOW)
        assert isinstance(begun, Started)

    def test_refusals_keep_their_place_in_the_queue(self):
        core = connection()
        first = started(core)
        core.receive(create(model=None))
        core.receive(create())
        core.complete(first, NOW)
        core.release(first)
        assert [type(begun) for begun in core.begin(NOW)] == [Refused, Started]

    def test_lanes_run_side_by_side_and_every_event_names_its_own(self):
        core = connection()
        one, two = started(core, stream_id="one"), started(core, stream_id="two")
        frames = [*one.opening(), *two.opening(), *one.item(Say("1")), core.complete(two, NOW)]
        assert {frame["stream_id"] for frame in frames} == {"one", "two"}

    def test_the_default_lane_names_none(self):
        assert not any("stream_id" in frame for frame in run(connection(), Say("Hi")))

    @pytest.mark.parametrize("stream_id", ["", "a b", "x" * 257, 7, "ä"])
    def test_a_bad_name_is_refused_without_echo(self, stream_id):
        frame = refused(connection(), stream_id=stream_id)
        assert frame["error"]["code"] == "invalid_stream_id"
        assert "stream_id" not in frame

    def test_the_33rd_named_lane_is_refused(self):
        core = connection()
        for number in range(32):
            run(core, Say("Hi"), stream_id=f"lane-{number}")
        frame = refused(core, stream_id="lane-32")
        assert frame["error"]["code"] == "websocket_stream_limit_reached"
        assert frame["stream_id"] == "lane-32"
        assert started(core)

    def test_at_most_sixteen_run_at_once(self):
        core = connection()
        for number in range(MAX_RUNNING + 1):
            core.receive(create(stream_id=f"lane-{number}"))
        assert len(core.begin(NOW)) == MAX_RUNNING

    def test_a_fork_finds_another_lanes_response_and_its_error_keeps_it(self):
        core = connection()
        source = response_id(run(core, Say("Hi"), stream_id="source"))
        refused(core, stream_id="fork", previous_response_id=source, input=[output_of("call_x")])
        assert started(core, stream_id="fork", previous_response_id=source)
