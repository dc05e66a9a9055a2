"""Nothing is run that would show what is to be predicted, whoever asks for it, and where."""

import pytest
from django.contrib.auth.models import User

from courses.facts import PredictStep
from courses.models import Course
from sandbox.models import Run
from tests.tutor.models.foundations import check, dialogue, finish, predict
from tests.tutor.models.methodical import PROGRAM, STEP, answer, asks
from tutor.models import Attempt, Conversation, Moves, NotAllowed, Workbook
from tutor.protocol import frames

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]

GUESS = "two-ifs"
OTHER = "x = 1\n"


def program(conversation: Conversation) -> str:
    """The program of the predict step."""
    step = conversation.lesson.source().step(GUESS)
    assert isinstance(step, PredictStep)
    return step.program


def is_refused(conversation: Conversation, step: str, code: str, *, by: str = "student") -> bool:
    try:
        Moves(conversation).check_run(step, code, by=by)  # type: ignore[arg-type]
    except NotAllowed as why:
        return bool(why.for_student and why.for_model)
    return False


@pytest.mark.parametrize("by", ["student", "tutor"])
def test_while_a_question_is_open_nothing_is_run_in_its_step(
    conditions: Conversation, by: str
) -> None:
    number, _ = asks(conditions, "message-1")
    assert is_refused(conditions, STEP, OTHER, by=by)
    # Nor is that program in another step; others are.
    assert is_refused(conditions, "which-comparison", f"# mine\n{PROGRAM}", by=by)
    assert not is_refused(conditions, "which-comparison", OTHER, by=by)
    # Nor does the tutor put something around it.
    around = f"import math\n{PROGRAM}print(price)\n"
    assert is_refused(conditions, "which-comparison", around, by="tutor")
    answer(conditions, number, "5")
    assert not is_refused(conditions, STEP, OTHER, by=by)


def test_while_a_question_is_open_its_step_is_not_checked_and_the_check_stores_nothing(
    conditions: Conversation,
) -> None:
    asks(conditions, "message-1")
    with pytest.raises(NotAllowed, match="what you expect"):
        check(conditions, OTHER)
    assert not Attempt.objects.exists()
    assert conditions.works.get(step=STEP).code == PROGRAM


def test_a_program_to_be_predicted_is_run_by_nobody_before_that(conditions: Conversation) -> None:
    code = program(conditions)
    for by in ("student", "tutor"):
        assert is_refused(conditions, GUESS, code, by=by)
        assert is_refused(conditions, GUESS, OTHER, by=by)
        assert is_refused(conditions, STEP, f"\n{code}  # copied", by=by)
        assert not is_refused(conditions, STEP, OTHER, by=by)
    # Nor does the tutor put something behind it.
    assert is_refused(conditions, STEP, f"import math\n{code}\nprint(price)\n", by="tutor")
    with pytest.raises(NotAllowed):
        check(conditions, code)
    predict(conditions, "anything")
    # It may yet be stopped, and made anew.
    assert is_refused(conditions, GUESS, code, by="tutor")
    finish(Run.objects.get(), stdout="6\n")
    Workbook(conditions).views()
    for step in (GUESS, STEP):
        assert not is_refused(conditions, step, code)


def test_a_prediction_that_could_not_be_judged_is_none(conditions: Conversation) -> None:
    predict(conditions, "anything")
    Run.objects.all().delete()
    Workbook(conditions).views()
    assert Attempt.objects.get().state == Attempt.FAILED
    assert is_refused(conditions, GUESS, program(conditions))


def test_a_question_about_a_predict_step_covers_its_output_once_more(
    conditions: Conversation,
) -> None:
    predict(conditions, "anything")
    finish(Run.objects.get(), stdout="6\n")
    Workbook(conditions).views()
    begun = asks_there(conditions)
    assert begun
    tried = frames.Predict(type="predict", id="prediction-2", step=GUESS, text="x")
    with pytest.raises(NotAllowed):
        Workbook(conditions).attempt(tried)


def asks_there(conversation: Conversation) -> int:
    from tests.tutor.models.methodical import calls, ends, report, say
    from tutor.protocol.calls import PredictionCall

    begun = say(conversation, "message-1", code=None, step=GUESS)
    number = calls(conversation, begun, "ask_prediction", call="age", question="?")
    output = Moves(conversation).make(PredictionCall(number, "c", "age", "?"))
    assert report(output)["status"] == "asked"
    ends(conversation, begun, output)
    return number


def test_a_lesson_without_such_steps_asks_the_database_nothing_more(
    foundations: Course, ada: User, django_assert_num_queries: object
) -> None:
    conversation = dialogue(foundations, "small-programs", ada)
    steps = conversation.lesson.source().steps
    expected = 2 if any(isinstance(step, PredictStep) for step in steps) else 1
    with django_assert_num_queries(expected):  # type: ignore[operator]
        assert not is_refused(conversation, "till", OTHER)
