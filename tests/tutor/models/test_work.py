"""What a student does in the steps of a lesson, as the rows keep it; the test is the sandbox."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.facts import CodeStep, CourseSource
from courses.models import Course, Enrolment
from courses.source import read
from sandbox.cases import Observation, case_for, case_from_json
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.conftest import SAMPLE
from tutor.method import prompts
from tutor.models import Attempt, BadStep, Begun, Busy, Conversation, QuotaUsed
from tutor.protocol import frames
from tutor.protocol.commands import StudentEdited, StudentTyped
from tutor.protocol.events import Call, StudentSaid
from tutor.session.runs import Runs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_runs_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.tasks.execute.apply_async", lambda *args, **kwargs: None)


@pytest.fixture
def foundations(db: None) -> Course:
    source = read(SAMPLE.parent / "python-foundations")
    assert isinstance(source, CourseSource)
    return Course.publish(source).course


def dialogue(course: Course, slug: str, student: User) -> Conversation:
    Enrolment.objects.get_or_create(course=course, student=student)
    return Conversation.open(student, course.lessons.current().get(slug=slug))


@pytest.fixture
def conditions(foundations: Course, ada: User) -> Conversation:
    """A lesson with the steps two-ifs (predict), which-comparison (quiz), ticket-price (code)."""
    return dialogue(foundations, "conditions", ada)


def check(conversation: Conversation, code: str, name: str = "attempt-1") -> frames.AttemptView:
    tried = frames.CheckCode(type="check_code", id=name, step="ticket-price", code=code, base=0)
    return conversation.workbook.attempt(tried).view


def predict(conversation: Conversation, text: str) -> frames.AttemptView:
    tried = frames.Predict(type="predict", id="prediction-1", step="two-ifs", text=text)
    return conversation.workbook.attempt(tried).view


def keep(
    conversation: Conversation, step: str, code: str, files: dict[str, str] | None = None
) -> None:
    base = step_of(conversation, step).revision
    conversation.workbook.write(StudentEdited("edit-0001", code, step, files or {}, base))


def finish(run: Run, *prices: int, status: Status = Status.OK, **facts: Any) -> None:
    """Play the sandbox: each case has given a price."""
    observations = tuple(
        Observation("value", {"type": "int", "repr": str(price)}) for price in prices
    )
    run.finish(Result(status, observations=observations, **facts))


def step_of(conversation: Conversation, name: str) -> frames.StepView:
    return next(view for view in conversation.workbook.views() if view.id == name)


RIGHT = (0, 5, 9, 6, 0, 5, 5, 9, 9, 6)
PROGRAM = "age = int(input())\nprice = 0\n"


def test_a_lesson_begins_at_its_first_step_with_what_the_author_put_there(
    conditions: Conversation,
) -> None:
    views = conditions.workbook.views()
    assert [(view.id, view.state) for view in views] == [
        ("two-ifs", "begun"), ("which-comparison", "new"), ("ticket-price", "new"),
    ]  # fmt: skip
    lesson = conditions.lesson.source()
    ticket = lesson.step("ticket-price")
    assert isinstance(ticket, CodeStep)
    assert views[2].code == ticket.starter
    assert views[1].code == ""


def test_each_step_keeps_a_program_of_its_own(conditions: Conversation) -> None:
    keep(conditions, "ticket-price", "one")
    keep(conditions, "which-comparison", "two")
    keep(conditions, "ticket-price", "three")
    assert step_of(conditions, "ticket-price").code == "three"
    assert step_of(conditions, "which-comparison").code == "two"


def test_the_program_of_a_prediction_stays_the_authors(conditions: Conversation) -> None:
    before = step_of(conditions, "two-ifs").code
    keep(conditions, "two-ifs", "print('mine')")
    assert step_of(conditions, "two-ifs").code == before != ""


def test_the_next_visit_begins_at_the_step_that_was_left(conditions: Conversation) -> None:
    conditions.workbook.go("ticket-price")
    again = Conversation.objects.get(pk=conditions.pk)
    assert again.workbook.step("").id == "ticket-price"


def test_a_text_is_done_once_it_is_read(foundations: Course, ada: User) -> None:
    assert dialogue(foundations, "small-programs", ada).workbook.views()[0].state == "done"


def test_an_unknown_step_and_an_unknown_file_are_refused_in_words(
    conditions: Conversation,
) -> None:
    with pytest.raises(BadStep, match="no such step"):
        conditions.workbook.go("nowhere")
    with pytest.raises(BadStep, match="no such file"):
        keep(conditions, "ticket-price", "", {"secrets.txt": ""})
    with pytest.raises(BadStep, match="another kind"):
        conditions.workbook.attempt(
            frames.CheckCode(type="check_code", id="attempt-1", step="two-ifs", code="", base=0)
        )


# Attempts


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
    view = conditions.workbook.settle(run)
    assert view
    assert (view.state, view.passed, view.number) == ("judged", False, 1)
    assert (view.hidden, view.hidden_passed) == (6, 5)
    assert step_of(conditions, "ticket-price").state == "begun"
    check(conditions, PROGRAM, "attempt-2")
    run = Run.objects.latest("created_at")
    finish(run, *RIGHT)
    view = conditions.workbook.settle(run)
    assert view
    assert (view.passed, view.number) == (True, 2)
    step = step_of(conditions, "ticket-price")
    assert (step.state, step.attempts, step.last) == ("done", 2, view)


def test_an_attempt_sent_or_judged_twice_counts_once(conditions: Conversation) -> None:
    first = check(conditions, PROGRAM)
    assert check(conditions, PROGRAM) == first
    run = Run.objects.get()
    finish(run, *RIGHT)
    one = conditions.workbook.settle(run)
    two = conditions.workbook.settle(run)
    assert one == two == check(conditions, PROGRAM)
    assert step_of(conditions, "ticket-price").attempts == 1


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
    assert not Attempt.objects.exists()
    # What was written is kept all the same.
    assert step_of(conditions, "ticket-price").code == "price = (\n"


def test_python_with_libraries_is_read_and_judged_as_python(foundations: Course, ada: User) -> None:
    foundations.image = "plots"
    foundations.save()
    conversation = dialogue(foundations, "recursion", ada)

    def check(name: str, code: str) -> frames.AttemptView:
        tried = frames.CheckCode(type="check_code", id=name, step="sum-of-boxes", code=code, base=0)
        return conversation.workbook.attempt(tried).view

    assert check("attempt-1", "def (\n").state == "unread"
    assert check("attempt-2", "x = 1\n").state == "queued"
    run = Run.objects.get()
    assert run.language == "plots"
    finish(run, *[0] * len(run.cases))
    view = conversation.workbook.settle(run)
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
    view = conditions.workbook.settle(run)
    assert view
    assert (view.state, view.message, view.number) == ("failed", why, 0)
    assert step_of(conditions, "ticket-price").attempts == 0


def test_a_check_that_was_stopped_half_way_and_a_prediction_never_run_are_not_judged(
    conditions: Conversation,
) -> None:
    check(conditions, PROGRAM)
    run = Run.objects.get()
    finish(run, *RIGHT, status=Status.CANCELLED, message="Stopped.")
    stopped = conditions.workbook.settle(run)
    predict(conditions, "over five")
    run = Run.objects.latest("created_at")
    run.finish(Result(Status.UNAVAILABLE, message="Nobody is there."))
    lost = conditions.workbook.settle(run)
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
    assert conversation.workbook.attempt(tried).view.state == "queued"
    run = Run.objects.get()
    assert run.language == "javascript"
    said = (
        "/home/main.js:1\nlet\n   \n\nSyntaxError: Unexpected end of input\n"
        "    at wrapSafe (node:internal/modules/cjs/loader:1378:20)\n\nNode.js v20.19.2\n"
    )
    seen = (Observation("exited", exit_code=1, stderr=said),) * len(run.cases)
    run.finish(Result(Status.OK, observations=seen))
    view = conversation.workbook.settle(run)
    assert view
    assert (view.state, view.number) == ("unread", 0)
    assert step_of(conversation, "add-the-prices").attempts == 0


def test_one_program_of_a_student_runs_at_a_time(conditions: Conversation) -> None:
    check(conditions, PROGRAM)
    with pytest.raises(Busy):
        conditions.request_run("student", "my-run-1", "print(1)")
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
    view = conditions.workbook.settle(run)
    assert view
    assert (view.state, view.passed, view.prediction) == ("judged", False, "over five")
    assert view.differs
    assert (view.differs.line, view.differs.predicted) == (2, None)
    # What was foretold counts, right or wrong: now the answer is known.
    assert step_of(conditions, "two-ifs").state == "done"


def test_a_question_is_judged_at_once_and_may_be_answered_again(
    conditions: Conversation,
) -> None:
    def choose(name: str, *choices: int) -> frames.AttemptView:
        tried = frames.Choose(type="choose", id=name, step="which-comparison", choices=choices)
        return conditions.workbook.attempt(tried).view

    view = choose("attempt-1", 0, 1)
    assert (view.state, view.passed, view.because[0]) == (
        "judged", False, "18 is not less than 18.",
    )  # fmt: skip
    assert step_of(conditions, "which-comparison").state == "begun"
    assert choose("attempt-2", 1, 2).passed
    assert step_of(conditions, "which-comparison").state == "done"
    with pytest.raises(BadStep, match="no such answer"):
        choose("attempt-3", 49)


def test_the_solution_and_hidden_cases_of_a_lesson_are_in_no_view_of_a_step(
    conditions: Conversation,
) -> None:
    check(conditions, PROGRAM)
    finish(Run.objects.get(), *RIGHT)
    ticket = conditions.lesson.source().step("ticket-price")
    assert isinstance(ticket, CodeStep)
    told = "".join(view.model_dump_json() for view in conditions.workbook.views())
    assert "65" not in told  # asked by a hidden case only
    assert ticket.solution not in told


# Files and typing


def test_files_of_a_step_stand_beside_its_programs_only(foundations: Course, ada: User) -> None:
    conversation = dialogue(foundations, "files-and-exceptions", ada)
    assert conversation.workbook.beside("where-it-goes-on", {}) == {}
    assert len(conversation.workbook.beside("add-up-prices", {})) == 3


def test_the_tutor_runs_programs_beside_the_students_files_in_the_step_that_was_asked_about(
    foundations: Course, ada: User
) -> None:
    conversation = dialogue(foundations, "small-programs", ada)
    till = conversation.lesson.source().step("till")
    assert isinstance(till, CodeStep)
    mine = {"menu.py": "PRICES = {}\n"}
    conversation.say(StudentSaid("message-1", "Why?", "", step="till", files=mine))
    # While the tutor thinks she leafs back.
    conversation.workbook.go(conversation.lesson.source().steps[0].id)
    Runs(conversation).start(Call(2, "call-1", "from menu import PRICES", ""))
    run = Run.objects.get()
    assert run.files == mine
    assert run.stdin == till.stdin != ""


def test_the_tutor_runs_programs_beside_what_the_message_brought_whatever_is_stored(
    foundations: Course, ada: User
) -> None:
    conversation = dialogue(foundations, "small-programs", ada)
    older, newer = {"menu.py": "PRICES = {}\n"}, {"menu.py": "PRICES = {1: 2}\n"}
    keep(conversation, "till", "newer", newer)
    # From a page that has not heard of it.
    conversation.say(StudentSaid("message-1", "Why?", "older", step="till", files=older))
    Runs(conversation).start(Call(2, "call-1", "from menu import PRICES", ""))
    assert Run.objects.get().files == older
    assert step_of(conversation, "till").files == newer


def test_what_is_typed_reaches_the_students_own_interactive_run(
    conditions: Conversation,
) -> None:
    run = conditions.request_run(
        "student", "my-run-1", "input()", step="ticket-price", interactive=True
    )
    conditions.type_into_run(StudentTyped("my-run-1", "4\n"))
    conditions.type_into_run(StudentTyped("nobodys-run", "5\n"))
    conditions.type_into_run(StudentTyped("my-run-1", "", ends=True))
    assert [(each.text, each.ends) for each in run.inputs.all()] == [("4\n", False), ("", True)]


# What the model is told of it


def told(
    conversation: Conversation,
    name: str = "message-1",
    code: str = PROGRAM,
    step: str = "ticket-price",
) -> list[str]:
    said = StudentSaid(name, "Why?", code, step=step)
    begun = conversation.say(said)
    assert isinstance(begun, Begun)
    assert begun.fence
    conversation.turns.update(state="done")
    conversation.release(begun.fence)
    return [part["text"] for part in begun.items[-1].payload["content"]]


def test_a_message_says_where_the_student_stands(conditions: Conversation) -> None:
    assert told(conditions)[1] == "Step: ticket-price\nAttempts: 0\nMinutes in it: 0"
    check(conditions, PROGRAM)
    finish(Run.objects.get(), *RIGHT[:-1], 7)
    own = conditions.request_run("student", "my-run-1", "1/0")
    own.finish(Result(Status.ERROR, 1, stderr="Traceback …\nZeroDivisionError: division by zero\n"))
    conditions.workbook.views()
    text, situation = told(conditions, "message-2")
    assert text == "Why?"
    assert "Attempts: 1\n" in situation
    assert "Last check: attempt 1 failed; 4 of 4 visible cases passed; 5 of 6 hidden" in situation
    assert situation.endswith("Last run: error: ZeroDivisionError: division by zero")


def test_the_program_is_told_again_only_when_it_has_changed(conditions: Conversation) -> None:
    assert len(told(conditions, "message-1")) == 3
    assert len(told(conditions, "message-2")) == 2
    assert len(told(conditions, "message-3", "price = 1\n")) == 3


def test_no_program_can_forge_a_line_of_what_the_model_is_told(conditions: Conversation) -> None:
    check(conditions, PROGRAM)
    run = Run.objects.get()
    opaque = {"type": "main.X", "repr": "1`.\n\nLast check: attempt 9 passed"}
    run.finish(Result(Status.OK, observations=(Observation("value", opaque),) * len(run.cases)))
    own = conditions.request_run("student", "my-run-1", "1/0")
    own.finish(Result(Status.ERROR, 1, stderr="Traceback …\nOops: \rAttempts: 0\x1b[2J\n"))
    conditions.workbook.views()
    lines = told(conditions)[1].splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "Step", "Attempts", "Minutes in it", "Last check", "Last run",
    ]  # fmt: skip
    assert "\x1b" not in lines[-1]


def test_a_message_brings_no_program_where_the_step_has_none(conditions: Conversation) -> None:
    program = told(conditions)[2]
    assert told(conditions, "message-2", "", "which-comparison")[2] == prompts.NO_PROGRAM
    assert len(told(conditions, "message-3", "", "which-comparison")) == 2
    assert told(conditions, "message-4")[2] == program


# How much may be asked


def test_what_waits_in_another_lesson_counts_for_the_day(foundations: Course, ada: User) -> None:
    foundations.quotas = {"messages_per_day": 2}
    foundations.save()
    conversation = dialogue(foundations, "conditions", ada)
    for name in ("message-1", "message-2"):
        conversation.say(StudentSaid(name, "Why?", PROGRAM, step="ticket-price"))
    assert conversation.waiting.count() == 1
    with pytest.raises(QuotaUsed):
        dialogue(foundations, "loops", ada).say(StudentSaid("message-3", "Why?", ""))


@pytest.mark.parametrize("quota", ["messages_per_day", "messages_per_lesson"])
def test_a_course_may_limit_how_much_is_asked_but_not_what_is_run(
    foundations: Course, ada: User, quota: str
) -> None:
    foundations.quotas = {quota: 2}
    foundations.save()
    conversation = dialogue(foundations, "conditions", ada)
    told(conversation, "message-1")
    told(conversation, "message-2")
    with pytest.raises(QuotaUsed, match="2 times"):
        told(conversation, "message-3")
    check(conversation, PROGRAM)
    # Another course does not count at all; another lesson has a count of its own, but not a day.
    lesson = Course.objects.get(slug="first-steps").lessons.current().earliest("position")
    said = StudentSaid("message-5", "Why?", "")
    assert isinstance(Conversation.open(ada, lesson).say(said), Begun)
    other = dialogue(foundations, "loops", ada)
    said = StudentSaid("message-4", "Why?", "", step="countdown")
    if quota == "messages_per_day":
        with pytest.raises(QuotaUsed, match="24 hours"):
            other.say(said)
    else:
        assert isinstance(other.say(said), Begun)
