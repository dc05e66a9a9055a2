"""Checking a course costs little more than reading it."""

from pathlib import Path

from tests.bench.course_check import measure, write_course


def test_a_check_takes_less_than_five_times_what_loading_its_yaml_takes(tmp_path: Path) -> None:
    # Twenty lessons tell the ratio as well as five hundred; `course_check` does the five hundred.
    write_course(tmp_path, 20)
    assert measure(tmp_path, rounds=2).factor < 5
