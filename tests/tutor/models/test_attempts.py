"""Attempts at steps, from the row that is stored first to the feedback; the test is the sandbox."""

import pytest
from django.contrib.auth.models import User

from courses.facts import CodeStep, CourseSource
from courses.models import Course
from courses.source import read
from sandbox.cases import Observation, case_for, case_from_json
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.conftest import SAMPLE
from tests.tutor.models.foundations import PROGRAM, RIGHT, check, dialogue, finish, predict, step_of
from tutor.models import (
    Attempt,
    BadStep,
    Busy,
    Conversation,
    Workbook,
)
from tutor.protocol import frames

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def test_a_check_is_stored_before_it_is_judged_and_runs_every_case(
    conditions: Conversation,
) -> None:
    view = check(conditions, PROGRAM)
    assert (view.state, view.position, view.number) == ("queued", 1, 0)
    run = Run.objects.get()
    assert (run.origin, len(run.cases)) == ("check", 10)
    assert Attempt.objects.get().state == Attempt.PENDING


def test_no_expected_value_is_in_the_row_of_the_run(conditions: Conversation) -> None:
    check(conditions, PROGRAM)
    run = Run.objects.get()
    assert {tuple(sorted(case)) for case in run.cases} <= {("call", "stdin"), ("stdin",)}


def test_the_visible_cases_are_asked_before_any_hidden_one(conditions: Conversation) -> None:
    check(conditions, PROGRAM)
    ticket = conditions.lesson.source().step("ticket-price")
    assert isinstance(ticket, CodeStep)
    asked = [case_from_json(case) for case in Run.objects.get().cases]
    assert ticket.visible
    assert ticket.hidden
    assert asked == [case_for(each.call, each.stdin) for each in (*ticket.visible, *ticket.hidden)]


def test_a_check_is_judged_once_its_run_is_over(conditions: Conversation) -> None:
    check(conditions, PROGRAM)
    run = Run.objects.get()
    finish(run, *RIGHT[:-1], 7)
    view = Workbook(conditions).record_result(run)
    assert view
    assert (view.state, view.passed, view.number) == ("judged", False, 1)
    assert (view.hidden, view.hidden_passed) == (6, 5)
    assert step_of(conditions, "ticket-price").state == "begun"
    check(conditions, f"{PROGRAM}price = 1\n", "attempt-2")
    run = Run.objects.latest("created_at")
    finish(run, *RIGHT)
    view = Workbook(conditions).record_result(run)
    assert view
    assert (view.passed, view.number) == (True, 2)
    step = step_of(conditions, "ticket-price")
    assert (step.state, step.attempts, step.last) == ("passed", 2, view)


def test_an_attempt_sent_or_judged_twice_counts_once(conditions: Conversation) -> None:
    first = check(conditions, PROGRAM)
    assert check(conditions, PROGRAM) == first
    run = Run.objects.get()
    finish(run, *RIGHT)
    one = Workbook(conditions).record_result(run)
    two = Workbook(conditions).record_result(run)
    assert one == two == check(conditions, PROGRAM)
    assert step_of(conditions, "ticket-price").attempts == 1


def test_the_same_program_again_is_the_attempt_that_it_was(conditions: Conversation) -> None:
    again = f"# the same\n{PROGRAM}\n"
    other = f"{PROGRAM}price = 1\n"
    numbers = []
    for name, code in enumerate((PROGRAM, again, other, PROGRAM)):
        check(conditions, code, f"attempt-{name}")
        run = Run.objects.latest("created_at")
        finish(run, *RIGHT[:-1], 7)
        view = Workbook(conditions).record_result(run)
        assert view
        assert view.state == "judged"
        numbers.append(view.number)
    assert numbers == [1, 1, 2, 1]
    assert step_of(conditions, "ticket-price").attempts == 2


def test_a_check_whose_page_has_left_is_judged_when_somebody_looks(
    conditions: Conversation,
) -> None:
    check(conditions, PROGRAM)
    finish(Run.objects.get(), *RIGHT)
    last = step_of(conditions, "ticket-price").last
    assert last
    assert (last.state, last.passed) == ("judged", True)


def test_a_check_whose_run_was_deleted_does_not_wait_for_ever(conditions: Conversation) -> None:
    check(conditions, PROGRAM)
    Run.objects.all().delete()
    last = step_of(conditions, "ticket-price").last
    assert last
    assert (last.state, last.message) == ("failed", "It could not be run.")


def test_a_program_that_cannot_be_read_is_no_attempt_and_is_not_run(
    conditions: Conversation,
) -> None:
    view = check(conditions, "price = (\n")
    assert (view.state, view.number) == ("unread", 0)
    assert "line 1" in view.message
    assert not Run.objects.exists()
    # It is stored, since there are hints for who cannot find why.
    assert check(conditions, "price = (\n") == view
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.number) == (Attempt.UNREAD, 0)
    step = step_of(conditions, "ticket-price")
    assert (step.attempts, step.last) == (0, view)
    # What was written is kept all the same.
    assert step_of(conditions, "ticket-price").code == "price = (\n"


def test_python_with_libraries_is_read_and_judged_as_python(foundations: Course, ada: User) -> None:
    foundations.image = "plots"
    foundations.save()
    conversation = dialogue(foundations, "recursion", ada)

    def check(name: str, code: str) -> frames.AttemptView:
        tried = frames.CheckCode(type="check_code", id=name, step="sum-of-boxes", code=code, base=0)
        return Workbook(conversation).attempt(tried).view

    assert check("attempt-1", "def (\n").state == "unread"
    assert check("attempt-2", "x = 1\n").state == "queued"
    run = Run.objects.get()
    assert run.language == "plots"
    finish(run, *[0] * len(run.cases))
    view = Workbook(conversation).record_result(run)
    assert view
    assert view.rules


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.UNAVAILABLE, "Code cannot be run."),
        (Status.SANDBOX_ERROR, "The sandbox failed."),
        (Status.CANCELLED, "Stopped."),
    ],
)
def test_a_check_that_could_not_be_run_is_no_attempt(
    conditions: Conversation, status: Status, why: str
) -> None:
    check(conditions, PROGRAM)
    run = Run.objects.get()
    finish(run, status=status, message=why)
    view = Workbook(conditions).record_result(run)
    assert view
    assert (view.state, view.message, view.number) == ("failed", why, 0)
    assert step_of(conditions, "ticket-price").attempts == 0


def test_a_check_that_was_stopped_half_way_and_a_prediction_never_run_are_not_judged(
    conditions: Conversation,
) -> None:
    check(conditions, PROGRAM)
    run = Run.objects.get()
    finish(run, *RIGHT, status=Status.CANCELLED, message="Stopped.")
    stopped = Workbook(conditions).record_result(run)
    predict(conditions, "over five")
    run = Run.objects.latest("created_at")
    run.finish(Result(Status.UNAVAILABLE, message="Nobody is there."))
    lost = Workbook(conditions).record_result(run)
    for view, why in ((stopped, "Stopped."), (lost, "Nobody is there.")):
        assert view
        assert (view.state, view.message, view.number) == ("failed", why, 0)


def test_a_script_that_node_cannot_read_is_no_attempt(ada: User) -> None:
    source = read(SAMPLE.parent / "javascript-first-steps")
    assert isinstance(source, CourseSource)
    conversation = dialogue(Course.publish(source).course, "add-up-the-bill", ada)
    tried = frames.CheckCode(
        type="check_code", id="attempt-1", step="add-the-prices", code="let", base=0
    )
    assert Workbook(conversation).attempt(tried).view.state == "queued"
    run = Run.objects.get()
    assert run.language == "javascript"
    said = (
        "/home/main.js:1\nlet\n   \n\nSyntaxError: Unexpected end of input\n"
        "    at wrapSafe (node:internal/modules/cjs/loader:1378:20)\n\nNode.js v20.19.2\n"
    )
    seen = (Observation("exited", exit_code=1, stderr=said),) * len(run.cases)
    run.finish(Result(Status.OK, observations=seen))
    view = Workbook(conversation).record_result(run)
    assert view
    assert (view.state, view.number) == ("unread", 0)
    assert step_of(conversation, "add-the-prices").attempts == 0


def test_one_program_of_a_student_runs_at_a_time(conditions: Conversation) -> None:
    check(conditions, PROGRAM)
    with pytest.raises(Busy):
        conditions.request_run("student", "my-run-1", "print(1)", files={})
    with pytest.raises(Busy):
        check(conditions, PROGRAM, "attempt-2")
    assert Attempt.objects.count() == 1


def test_a_prediction_is_compared_with_what_the_authors_program_prints(
    conditions: Conversation,
) -> None:
    assert predict(conditions, "over five").state == "queued"
    run = Run.objects.get()
    assert "over ten" in run.code
    run.finish(Result(Status.OK, 0, stdout="over five\nover ten\n"))
    view = Workbook(conditions).record_result(run)
    assert view
    assert (view.state, view.passed, view.prediction) == ("judged", False, "over five")
    assert view.differs
    assert (view.differs.line, view.differs.predicted) == (2, None)
    # What was foretold counts, right or wrong: now the answer is known.
    assert step_of(conditions, "two-ifs").state == "passed"


def test_a_question_is_judged_at_once_and_may_be_answered_again(
    conditions: Conversation,
) -> None:
    def choose(name: str, *choices: int) -> frames.AttemptView:
        tried = frames.Choose(type="choose", id=name, step="which-comparison", choices=choices)
        return Workbook(conditions).attempt(tried).view

    view = choose("attempt-1", 0, 1)
    assert (view.state, view.passed, view.because[0]) == (
        "judged", False, "18 is not less than 18.",
    )  # fmt: skip
    assert step_of(conditions, "which-comparison").state == "begun"
    assert choose("attempt-2", 1, 2).passed
    assert step_of(conditions, "which-comparison").state == "passed"
    with pytest.raises(BadStep, match="no such answer"):
        choose("attempt-3", 49)


def test_the_solution_and_hidden_cases_of_a_lesson_are_in_no_view_of_a_step(
    conditions: Conversation,
) -> None:
    check(conditions, PROGRAM)
    finish(Run.objects.get(), *RIGHT)
    ticket = conditions.lesson.source().step("ticket-price")
    assert isinstance(ticket, CodeStep)
    told = "".join(view.model_dump_json() for view in Workbook(conditions).views())
    assert "65" not in told  # asked by a hidden case only
    assert ticket.solution not in told
