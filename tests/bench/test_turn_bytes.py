"""What is read off the emulator's log of a turn."""

import json

from tests.bench.turn_bytes import Sent, sent, table
from tutor.emulator.log import exchange


def test_the_parts_of_a_request_are_told_as_they_stand_in_its_frame() -> None:
    frame = {
        "type": "response.create", "instructions": "Fragt, sagt nichts: ü", "tools": [{"a": 1}],
        "input": [{"role": "user"}],
    }  # fmt: skip
    text = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()
    found = sent(exchange(frame, len(text), 1, 0.0))
    assert found == Sent(len(text), instructions=24, tools=9, input=17)
    assert b'"instructions":' + text[text.index(b'"Fragt') :][:24] in text


def test_a_table_tells_the_first_and_the_last_turn_and_the_growth() -> None:
    turns = [Sent(900, 400, 100, 300), *(Sent(700 + n, 400, 100, 150 + n) for n in range(3))]
    rows = table("a", turns).rows
    assert [row[0] for row in rows] == ["turn 1", "turn 2", "turn 4", "growth of a turn"]
    assert (rows[0][1], rows[2][4], rows[0][5]) == ("900", "152", "225")
    assert (rows[3][1], rows[3][4]) == ("1.00", "1.00")
