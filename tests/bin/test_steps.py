"""Steps as a person sees them, and programs that a step runs."""

import pytest

from bin.machine import steps
from bin.machine.steps import StepFailed
from tests.bin.conftest import python


def test_a_second_serve_is_told_where_the_first_one_is():
    with steps.only_one("serve") as lock:
        lock.write_text("process 12, http://localhost:8000/")
        with (
            pytest.raises(
                StepFailed, match="already runs here: process 12, http://localhost:8000/"
            ),
            steps.only_one("serve", otherwise="already runs here:"),
        ):
            pass
    with steps.only_one("serve", otherwise="free again"):
        pass


def test_a_step_says_in_one_line_how_it_went(capsys):
    with steps.step("Web page") as outcome:
        outcome.text = "built"
    assert capsys.readouterr().out == "Web page ............. built\n"


def test_a_failing_program_shows_the_end_of_its_log():
    with pytest.raises(StepFailed, match="exit code 3") as failure:
        steps.run(python("print('the last word'); raise SystemExit(3)"), "trial")
    assert "  | the last word" in str(failure.value)


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(StepFailed, match="no-such-program cannot be started: No such file"):
        steps.run(["no-such-program"], "trial")


def test_what_a_program_prints_comes_back_and_is_logged():
    assert steps.run(python("print('hello')"), "trial") == "hello\n"
    assert "hello" in (steps.LOGS / "trial.log").read_text()
