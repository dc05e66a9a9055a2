"""Checks, their verdicts and the table."""

from pathlib import Path

from bin.machine import lanes
from tests.bin.conftest import python


def verdict(
    output: str, *, ok: bool = True, name: str = "unit tests", cpu_s: float = 2.0
) -> lanes.Verdict:
    argv = ["python", "-m", "pytest"] if name.endswith("tests") else ["ruff"]
    return lanes.Verdict(lanes.Check(name, argv), ok, 1.5, output, cpu_s)


def test_the_summary_ends_with_what_pytest_counted():
    verdicts = [
        verdict("x\n\x1b[32m===== \x1b[1m12 passed\x1b[0m, 3 deselected in 4.20s =====\x1b[0m\n"),
        verdict("5 passed in 70.00s (0:01:10)\n", name="browser tests"),
        verdict("All checks passed!", name="lint"),
    ]
    printed = lanes.summary(verdicts, 80).splitlines()
    assert printed[1:6] == [
        "                                seconds   of CPU  tests",
        "unit tests ........... ok           1.5      2.0     12",
        "browser tests ........ ok           1.5      2.0      5",
        "lint ................. ok           1.5      2.0       ",
        "all ..................             80.0      6.0     17",
    ]
    assert printed[-3:] == [
        "all checks passed in 80 s, within the 9 minutes of two quiet cores",
        "== 12 passed, 3 deselected in 4.20s ==",
        "== 5 passed in 70.00s (0:01:10) ==",
    ]


def test_what_takes_longer_than_the_goal_is_told_and_fails_nothing():
    assert "all checks passed in 541 s, not within the 9" in lanes.summary([verdict("")], 541)


def test_failed_tests_count_as_tests():
    closing = "=== 2 failed, 10 passed, 1 warning in 4.20s ==="
    assert verdict(closing, ok=False).tests == 12


def test_a_check_is_told_with_what_it_took_of_the_processors():
    code = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    assert lanes.run_check(lanes.Check("busy", python(code)), set()).cpu_s >= 0.3


def test_a_skipped_test_fails_the_check():
    code = "print('=== 3 passed, 2 skipped in 0.10s ===')"
    check = lanes.Check("unit tests", [*python(code), "pytest"])
    assert not lanes.run_check(check, set()).ok


def test_a_failed_check_is_counted_and_its_output_kept():
    check = lanes.Check("lint", python("print('E501'); raise SystemExit(1)"))
    result = lanes.run_check(check, set())
    assert (result.ok, result.output) == (False, "E501\n")
    assert "1 of 1 checks failed" in lanes.summary([result], 1)


def test_a_check_that_hangs_is_killed(monkeypatch):
    monkeypatch.setattr(lanes, "CHECK_LIMIT_S", 0.2)
    check = lanes.Check("hang", ["sleep", "60"])
    result = lanes.run_check(check, set())
    assert not result.ok
    assert "Killed after" in result.output


def test_a_lane_behind_another_begins_when_that_has_ended(tmp_path: Path) -> None:
    mark = tmp_path / "first"
    first = lanes.Check("first", python(f"open({str(mark)!r}, 'w')"))
    second = lanes.Check("second", python(f"open({str(mark)!r})"))
    lane = lanes.Lane([first], then=[lanes.Lane([second]), lanes.Lane([second])])
    lanes.run_lanes([lane])
    assert [verdict.ok for each in lanes.every([lane]) for verdict in each.verdicts] == [True] * 3
