"""A lesson in its author's terminal: what is typed, what is written, which lesson is meant."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError
from rich.console import RenderableType

from courses.audience import StudentPredict, StudentQuiz
from courses.facts import CourseSource, LessonSource
from courses.models import Course
from courses.source import check, read
from tests.conftest import SAMPLE
from tests.courses.command import run
from tests.tutor.previewed_lesson import LESSON, hello
from tutor.management.preview_target import NoLesson, lesson_of, names_published, wanted
from tutor.preview import commands, preview, render, temporary_site
from tutor.preview.escape import escape, one_line
from tutor.preview.screen import OutputClosed, Screen, console_on
from tutor.preview.seed import populate
from tutor.preview.state import LessonState
from tutor.protocol import frames

# Text of strangers


def test_what_a_program_prints_cannot_command_a_terminal() -> None:
    hostile = "\x1b[2Ja\x1b]0;evil\x07\x9b31m\u202eb\u2066\r\x7f\ud800\u2028\x00"
    shown = escape(hostile)
    assert shown.isprintable()
    assert shown == ("␛[2Ja␛]0;evil␇<U+009B>31m<U+202E>b<U+2066>␍␡<U+D800><U+2028>␀")


def test_lines_tabs_and_letters_of_all_scripts_stay_as_they_are() -> None:
    text = "a\tb\nnaïve שלום 日本 👩\u200d🚀 <script>\n"
    assert escape(text) == text
    assert escape("one\r\ntwo\r\n") == "one\ntwo\n"


def test_a_long_text_on_a_line_is_cut() -> None:
    assert one_line("a\nb", 10) == "a⏎b"
    assert one_line("x" * 20, 5) == "xxxx…"


@pytest.mark.parametrize("is_terminal", [False, True])
def test_no_control_character_of_a_stranger_reaches_the_screen(is_terminal: bool) -> None:
    evil = "\x1b]8;;http://evil.example\x1b\\x\x07"
    run = frames.RunView(
        id="a-run-001", by="tutor", code="", state="error", message=evil,
        output=(frames.Printed(stream="stderr", text=evil),),
        files=(frames.FileView(name=evil, kind="", bytes=1, url=""),),
    )  # fmt: skip
    made = attempt(cases=(frames.CaseView(call=evil, stdin=evil, passed=False, got=evil),),
                   rules=(evil,), hidden=2)  # fmt: skip
    judged = render.attempt(made, LESSON.steps[0].for_student())
    everything = [
        render.tutor_run(run), render.student_run(run), *judged,
        render.Prose(f"{evil} [link](http://evil.example)"), render.Code(evil, "python"),
        render.printed("stdout", evil), render.warning(evil),
    ]  # fmt: skip
    said = file_text(everything, is_terminal=is_terminal)
    assert "\x07" not in said
    assert "\x1b]" not in said
    assert ("\x1b" in said) == is_terminal


# What is typed


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", None),
        ("   ", None),
        ("Why is it wrong?", commands.Say("Why is it wrong?")),
        ("//run is a word", commands.Say("/run is a word")),
        ("/run", commands.Run("")),
        (" /run my program.py ", commands.Run("my program.py")),
        ("/check", commands.Check("")),
        ("/step next", commands.Step("next")),
        ("/answer 1, 3", commands.Answer("1, 3")),
        ("/hint", commands.Hint()),
        ("/quit", commands.Leave()),
        ("/exit", commands.Leave()),
        ("/chek", commands.Unknown("chek", "check")),
        ("/sudo", commands.Unknown("sudo", "")),
        ("/", commands.Unknown("", "")),
    ],
)
def test_a_line_is_a_message_or_an_order(line: str, command: commands.Command | None) -> None:
    assert commands.parse(line) == command


def test_help_names_every_order() -> None:
    named = {name.split()[0].strip("/") for name, _ in commands.HELP}
    assert named == set(commands.NAMES) - {"exit"}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("1", (0,)),
        ("3 1", (2, 0)),
        ("1,1", (0,)),
        ("0", None),
        ("4", None),
        ("b", None),
        ("", None),
    ],
)
def test_choices_are_numbers_from_one(text: str, places: tuple[int, ...] | None) -> None:
    assert commands.choices(text, 3) == places


def test_a_prediction_of_several_lines_is_typed_on_one() -> None:
    assert commands.prediction(r"1\n2") == "1\n2"


# What is written


def test_a_check_shows_its_cases_and_of_hidden_ones_only_how_many() -> None:
    cases = (
        frames.CaseView(call="add(1)", stdin="", passed=True, got="It gave `2`."),
        frames.CaseView(call="", stdin="4\n", passed=False, got="It printed nothing."),
    )
    made = attempt(cases=cases, hidden=4, hidden_passed=1, rules=("Use a loop.",))
    said = file_text(render.attempt(made, LESSON.steps[0].for_student())).splitlines()
    assert [" ".join(line.split()) for line in said] == [
        "case what came of it",
        "✓ add(1) It gave `2`.",
        "✗ the program with the input 4⏎ It printed nothing.",
        "✗ 1 of 4 hidden cases",
        "✗ Use a loop.",
        "Attempt 1: not passed",
    ]


def test_a_wrong_prediction_is_compared_where_it_parts_from_what_was_printed() -> None:
    made = attempt(
        prediction="8", output=(frames.Printed(stream="stdout", text="7\n"),),
        differs=frames.LineDiffers(line=1, predicted="8", printed="7"),
    )  # fmt: skip
    said = file_text(render.attempt(made, LESSON.steps[1].for_student()))
    assert [" ".join(line.split()) for line in said.splitlines()] == [
        "The program prints:", "7", "line 1", "foretold 8", "printed 7", "Attempt 1: not passed",
    ]  # fmt: skip


def test_a_quiz_is_shown_with_numbers_and_answered_with_reasons() -> None:
    shown = LESSON.steps[2].for_student()
    assert isinstance(shown, StudentQuiz)
    assert "  1. a\n  2. b\n" in file_text(render.step(shown, 3, 3, "python"))
    made = attempt(choices=(1,), because=("It is so.",), passed=True)
    assert file_text(render.attempt(made, shown)) == "  2. b  It is so.\nAttempt 1: passed\n"


def test_what_could_not_be_judged_says_why() -> None:
    made = attempt(state="unread", message="SyntaxError in line 3")
    assert file_text(render.attempt(made, LESSON.steps[0].for_student())) == (
        "SyntaxError in line 3\n"
    )


def test_a_run_of_the_tutors_is_one_line_with_the_last_it_printed() -> None:
    run = frames.RunView(
        id="call_1234", by="tutor", code="", state="timeout", duration_ms=5000,
        output=(frames.Printed(stream="stdout", text="one\ntwo\n\n"),),
    )  # fmt: skip
    assert file_text([render.tutor_run(run)]) == (
        "▸ The tutor's program was stopped: it took too long after 5000 ms. Its last line: two\n"
    )


def test_a_run_of_calls_says_whose_program_it_was_and_what_each_gave() -> None:
    calls = (frames.CallView(call="f(1)", outcome="1"), frames.CallView(call="f(2)", outcome="4"))
    run = frames.RunView(id="call.1", by="tutor", code="", state="ok", own=True, calls=calls)
    assert file_text([render.tutor_run(run)]) == (
        "▸ The tutor, with your program, ended well.\n  f(1): 1\n  f(2): 4\n"
    )


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("open", "Answer with /answer and what you expect, or /answer ? if you don't know."),
        ("comparing", "▸ Foretell the whole program: What?"),
        ("right", "That is what you expected."),
        ("none", "You did not know."),
        ("not_run", "There is no sandbox."),
    ],
)
def test_a_prediction_ends_with_what_came_of_it(state: frames.PredictionState, line: str) -> None:
    asked = frames.PredictionView(
        number=7, step="add", call="", question="What?", state=state, gave="7",
        message="There is no sandbox." if state == "not_run" else "",
    )  # fmt: skip
    card = frames.PredictionItem(number=8, turn=1, prediction=asked)
    said = file_text(render.items([card])).splitlines()
    assert (said[0], said[-1]) == ("▸ Foretell the whole program: What?", line)


def test_piped_text_of_an_answer_comes_once_piece_by_piece() -> None:
    out = io.StringIO()
    screen = Screen(console_on(out, is_terminal=False))
    screen.add_to_answer("Look *here*")
    assert out.getvalue() == "Look *here*"
    screen.add_to_answer(" and")
    screen.finish_answer("Look *here* and there.")
    screen.note("Done")
    assert out.getvalue() == "Look *here* and there.\nDone\n"


def test_an_answer_that_is_taken_back_is_said_so_in_a_pipe() -> None:
    out = io.StringIO()
    screen = Screen(console_on(out, is_terminal=False))
    screen.add_to_answer("Loo")
    screen.discard_partial()
    screen.finish_answer("Look.")
    assert out.getvalue() == "Loo\n(What was said last is taken back.)\nLook.\n"


def test_a_reader_who_goes_away_is_no_accident() -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(OutputClosed):
        Screen(console_on(Broken(), is_terminal=False)).note("Is anybody there?")


def test_a_growing_answer_leaves_the_end_of_it_on_a_small_terminal() -> None:
    console = console_on(io.StringIO(), is_terminal=True)
    console.size = (40, 6)
    with console.capture() as captured:
        console.print(
            render.LastLines(render.Code("\n".join(f"x{n}" for n in range(50)), "python"))
        )
    assert "x49" in captured.get()
    assert "x30" not in captured.get()


# The state of a lesson


def test_steps_are_found_by_number_id_and_direction() -> None:
    state = LessonState(LESSON)
    state.receive(hello(step="guess"))
    found = [state.find_step(to) for to in ("1", "pick", "next", "back", "4", "0", "x")]
    assert found == ["add", "pick", "pick", "add", None, None, None]


def test_an_output_can_be_predicted_before_it_is_run() -> None:
    state = LessonState(LESSON)
    state.receive(hello(step="guess"))
    assert isinstance(state.student_step, StudentPredict)
    assert not state.has_editor
    state.receive(frames.AttemptChanged(attempt=attempt(step="guess", passed=False)))
    assert state.views["guess"].state == "passed"


# Which lesson is meant


def test_a_lesson_is_named_by_its_folder_or_by_its_id() -> None:
    found = check(SAMPLE)
    assert found.course is not None
    place = wanted(SAMPLE / "saving-up")
    assert place.path == SAMPLE
    assert place.lesson(found, found.course, "").id == "saving-up"
    assert wanted(SAMPLE / "saving-up" / "lesson.yaml") == place
    assert wanted(SAMPLE).lesson(found, found.course, "pack-your-bag").id == "pack-your-bag"


def test_a_lesson_that_is_not_named_well_is_asked_for() -> None:
    course = read(SAMPLE)
    assert isinstance(course, CourseSource)
    with pytest.raises(NoLesson, match="Say --lesson ID. Lessons of first-steps: every-day-counts"):
        lesson_of(course, "")
    with pytest.raises(NoLesson, match="There is no lesson savin-up. Did you mean saving-up?"):
        lesson_of(course, "savin-up")


def test_a_published_lesson_has_a_name_of_two_parts() -> None:
    assert names_published(Path("first-steps/saving-up"))
    assert not names_published(Path("/first-steps"))
    assert not names_published(Path("somewhere/in/folders"))


@pytest.mark.django_db
def test_a_published_lesson_is_shown_as_it_was_published(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []

    def preview(source: CourseSource, lesson: LessonSource) -> int:
        shown.append((source, lesson.id))
        return 0

    monkeypatch.setattr("tutor.preview.preview", preview)
    assert run("preview", "first-steps/saving-up")[0] == 0
    assert shown == [(course.source(), "saving-up")]
    with pytest.raises(CommandError, match="There is no course second-steps. Courses here: first"):
        run("preview", "second-steps/saving-up")
    with pytest.raises(CommandError, match="There is no lesson saving. Did you mean saving-up"):
        run("preview", "first-steps/saving")


# The classroom behind it


def test_a_classroom_that_does_not_come_up_is_said_with_the_end_of_its_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The settings of this process are made already; those of the classroom's processes are not.
    monkeypatch.setenv("DATABASE_THREADS", "many")
    course = read(SAMPLE)
    assert isinstance(course, CourseSource)
    assert preview(course, course.lessons[0]) == 2
    said = capsys.readouterr().out
    assert "The course could not be put into it. The end of its log:\n" in said
    assert "'many'" in said


def test_a_previews_processes_have_nothing_of_the_sites_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://school/real")
    monkeypatch.setenv("REDIS_URL", "redis://school")
    course = read(SAMPLE)
    assert isinstance(course, CourseSource)
    env = temporary_site.environment(course, tmp_path)
    assert (env["DATABASE_URL"], env["REDIS_URL"], env["DATA_DIR"]) == ("", "", str(tmp_path))
    assert env["SANDBOX_POOL_SIZE"] == "2"


@pytest.mark.django_db
def test_all_lessons_are_there_for_the_one_student_even_those_of_next_year() -> None:
    course = read(SAMPLE)
    assert isinstance(course, CourseSource)
    later = replace(course, releases={"saving-up": datetime(2999, 1, 1, tzinfo=UTC)})
    cookie = populate(later)
    assert Course.objects.get().lessons.released().filter(slug="saving-up").exists()
    assert "_auth_user_id" in SessionStore(cookie.partition("=")[2])


def file_text(parts: list[RenderableType], *, is_terminal: bool = False) -> str:
    out = io.StringIO()
    console = console_on(out, is_terminal=is_terminal)
    for part in parts:
        console.print(part)
    return out.getvalue()


def attempt(**change: Any) -> frames.AttemptView:
    made: dict[str, Any] = {"id": "attempt-1", "step": "add", "state": "judged", "number": 1}
    return frames.AttemptView(**(made | change))
