"""What the method reads off the facts of a step."""

from tests.tutor.method.happened import asked, checked, evidence, predicted, ran, unread


def test_the_open_prediction_is_the_one_without_an_answer() -> None:
    opened = asked(20)
    assert evidence().open_prediction is None
    assert evidence(predictions=[predicted(10, "right")]).open_prediction is None
    # The answer is there: it is being compared.
    assert evidence(predictions=[predicted(10, None)]).open_prediction is None
    assert evidence(predictions=[predicted(10, "right"), opened]).open_prediction is opened


def test_the_same_program_again_is_no_new_attempt() -> None:
    first, again, second = checked(1, 1), checked(2, 1), checked(3, 2)
    assert evidence(checks=[first, unread(1), again, second]).attempts == (first, second)


def test_runs_and_checks_are_told_in_the_order_of_time() -> None:
    runs, checks = [ran(1), ran(5)], [checked(3, 1)]
    assert evidence(runs=runs, checks=checks).tried == [runs[0], checks[0], runs[1]]
