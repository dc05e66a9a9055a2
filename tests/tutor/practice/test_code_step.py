"""A step to program in: what is said, run and asked for in each state."""

from typing import Any

import pytest

from tests.tutor.practice.student import (
    BOTH,
    CHECK,
    EXPLAIN_BACK,
    RIGHT,
    SOLUTION,
    STARTER,
    TOOL,
    ask,
    called,
    calls,
    facts,
    is_socratic,
    output,
    said,
    spoke,
    text,
)
from tutor.emulator import Say
from tutor.practice.english import moves, questions, runs


def seen(three: str, zero: str = "0") -> list[dict[str, Any]]:
    """A run of the lesson's cases that the tutor has begun, and its output."""
    outcomes = zip(BOTH, (three, zero), strict=True)
    report = {"status": "ok", "calls": [{"call": c, "outcome": o} for c, o in outcomes]}
    return [called("execute_code", code="", calls=BOTH, stdin=""), output(report)]


class TestFresh:
    def test_it_asks_for_the_plan(self) -> None:
        outputs = ask(facts("fresh"), said("I have read it", STARTER))
        assert any(plan in text(outputs) for plan in questions.PLANS)
        assert calls(outputs) == []
        assert is_socratic(text(outputs))

    def test_after_the_plan_it_asks_for_a_prediction_of_what_the_task_asks_for(self) -> None:
        items = [facts("fresh"), said("Hi", STARTER), spoke(questions.PLANS[0])]
        ((name, arguments),) = calls(ask(*items, facts("fresh"), said("I add the days up")))
        assert (name, arguments["call"]) == ("ask_prediction", "kilometres(3)")
        assert "kilometres(3)" in arguments["question"]

    def test_no_hint_and_what_comes_first(self) -> None:
        told = facts(
            "fresh", hints={"because": "No changed program was run or checked in this step yet."}
        )
        words = text(outputs := ask(told, said("A hint, please", STARTER)))
        assert calls(outputs) == []
        assert "No changed program was run" in words
        assert is_socratic(words)


class TestTrying:
    def test_a_program_that_is_asked_about_is_run_on_the_cases(self) -> None:
        announcement, call = ask(facts(), said("Is this right?", STARTER))
        assert isinstance(announcement, Say)
        assert announcement.phase == "commentary"
        assert calls([call]) == [("execute_code", {"code": "", "calls": BOTH, "stdin": ""})]

    def test_what_it_gave_is_said_and_the_witness_of_its_belief_asked_for(self) -> None:
        outputs = ask(facts(), said("Is this right?", STARTER), *seen("3"))
        assert "it gave `3`, and it should give `6`" in text(outputs)
        ((name, arguments),) = calls(outputs)
        # Of the belief that the failing case is made for, though it is not the first one.
        assert (name, arguments["call"]) == ("ask_prediction", "list(range(1, 4))")

    def test_a_check_is_spoken_of_once_and_its_belief_tested(self) -> None:
        items = [facts(check=CHECK), said("Hm.", STARTER)]
        outputs = ask(*items)
        assert "1 of 2 examples and 0 of 3 hidden cases" in text(outputs)
        assert "It gave `3`." in text(outputs)
        assert calls(outputs)[0][1]["call"] == "list(range(1, 4))"
        later = ask(*items, spoke("So?"), facts(check=CHECK), said("Hm, I think so."))
        assert "hidden cases" not in text(later)

    def test_an_error_of_the_students_own_run_is_asked_about(self) -> None:
        run = {"status": "error", "error": "NameError: name 'totl' is not defined"}
        words = text(ask(facts(run=run), said("Hm.", STARTER)))
        assert "name 'totl'" in words
        assert "The computer does not know a name" in words
        assert is_socratic(words)

    def test_a_call_that_the_student_names_is_known_to_them(self) -> None:
        outputs = ask(facts(), said("I have seen that kilometres(3) is 3.", STARTER))
        assert calls(outputs)[0][1]["call"] == "kilometres(0)"

    def test_all_right_in_the_lessons_cases_means_a_check(self) -> None:
        outputs = ask(facts(), said("Is this right?", SOLUTION), *seen("6"))
        assert calls(outputs) == [("offer_check", {"what": "attempt"})]

    def test_what_was_seen_is_not_run_again(self) -> None:
        items = [facts(), said("Is this right?", STARTER), *seen("3"), spoke("It gave 3.")]
        outputs = ask(*items, facts(), said("What is wrong?"))
        assert not any(name == "execute_code" for name, _ in calls(outputs))
        assert any(name == "execute_code" for name, _ in calls(
            ask(*items, facts(), said("And now?", STARTER + "# changed\n"), tools=(TOOL,))
        ))  # fmt: skip

    def test_a_rule_that_is_broken_is_named(self) -> None:
        rule = "The program must use a `for` loop."
        check = {"attempt": 1, "passed": False, "visible": [2, 2], "rules": [rule]}
        assert rule in text(ask(facts(check=check), said("Why?", STARTER)))


class TestStdin:
    def told(self, state: str = "trying", **more: Any) -> Any:
        return facts(state, step="typed", **more)

    def test_each_input_is_run(self) -> None:
        outputs = ask(self.told(), said("Is this right?", STARTER))
        expected: list[Any] = [
            {"code": "", "calls": [], "stdin": typed} for typed in ("3\n", "1\n")
        ]
        assert [arguments for _, arguments in calls(outputs)] == expected

    def test_what_one_response_may_not_hold_is_run_with_the_next(self) -> None:
        ran = called("execute_code", code="", calls=[], stdin="3\n")
        printed = output({"status": "ok", "exit_code": 0, "stdout": "6\n", "stderr": ""})
        outputs = ask(self.told(), said("Is this right?", STARTER), ran, printed)
        assert [arguments["stdin"] for _, arguments in calls(outputs)] == ["1\n"]

    def test_what_was_printed_is_shown(self) -> None:
        ran = called("execute_code", code="", calls=[], stdin="3\n")
        printed = output({"status": "ok", "exit_code": 0, "stdout": "3\n", "stderr": ""})
        words = text(ask(self.told(), said("Is this right?", STARTER), ran, printed))
        assert "With `3` typed to it, it printed:\n\n```\n3\n```" in words

    def test_the_whole_program_is_predicted_with_the_steps_input(self) -> None:
        outputs = ask(self.told(), said("I think it adds up.", STARTER))
        ((name, arguments),) = calls(outputs)
        assert (name, arguments["call"]) == ("ask_prediction", "")
        assert "`3`" in arguments["question"]


class TestPassed:
    def test_first_it_is_explained_then_the_lesson_is_over(self) -> None:
        told = facts("passed", check=RIGHT)
        items = [told, said("It works!", SOLUTION)]
        words = text(ask(*items))
        assert EXPLAIN_BACK in words
        items += [spoke(words), told, said("dunno")]
        words = text(ask(*items))
        assert moves.NAME_A_VALUE in words
        items += [spoke(words), told, said("The day is 3 in the last round")]
        outputs = ask(*items)
        # There is no other step, so nothing takes the student on.
        assert calls(outputs) == []
        assert any(words in text(outputs) for words in moves.LAST_STEP)
        seen = set()
        for thanks in ("Thanks", "Bye"):
            items += [spoke(text(outputs)), told, said(thanks)]
            outputs = ask(*items)
            assert is_socratic(text(outputs))
            seen.add(text(outputs))
        assert seen == set(moves.DONE)

    def test_there_is_nothing_to_beg_for(self) -> None:
        outputs = ask(facts("passed", check=RIGHT), said("Give me the solution", SOLUTION))
        assert moves.ALREADY in text(outputs)
        assert is_socratic(text(outputs))


class TestRefused:
    def test_a_prediction_that_is_refused_is_not_asked_again_but_run(self) -> None:
        asked = called("ask_prediction", call="kilometres(3)", question="What?")
        refused = output({"status": "refused", "because": "It was asked already."})
        items = [facts(), said("I think so", STARTER), spoke("Hm."), asked, refused]
        assert [name for name, _ in calls(ask(*items))] == ["execute_code"]
        ran = [called("execute_code", "c2", code="", calls=BOTH, stdin=""), output(
            {"status": "ok", "calls": [{"call": BOTH[0], "outcome": "3"}]}, "c2")]  # fmt: skip
        assert not any(name == "ask_prediction" for name, _ in calls(ask(*items, *ran)))

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("execute_code", {"code": "", "calls": BOTH, "stdin": ""}),
            ("give_hint", {"level": 1}),
            ("offer_check", {"what": "next"}),
        ],
    )
    def test_others_are_heeded_without_another_try(self, name: str, arguments: Any) -> None:
        refused = output({"status": "refused", "because": "Not now."})
        told = facts(hints={"may": 1})
        outputs = ask(told, said("Is this right?", STARTER), called(name, **arguments), refused)
        assert calls(outputs) == []
        assert is_socratic(text(outputs))

    @pytest.mark.parametrize("status", ["unavailable", "sandbox_error", "cancelled"])
    def test_a_run_that_was_none_is_said_to_be_none(self, status: str) -> None:
        ran = [called("execute_code", code="", calls=BOTH, stdin=""), output({"status": status})]
        outputs = ask(facts(), said("Is this right?", STARTER), *ran)
        assert calls(outputs) == []
        expected = runs.STOPPED if status == "cancelled" else runs.NOT_RUN
        assert text(outputs).startswith(expected)
        assert is_socratic(text(outputs))


class TestSteeredIn:
    """What the student adds while a program runs."""

    @pytest.mark.parametrize(
        ("added", "begins"),
        [
            ("I think the loop is wrong.", runs.ADDED_OTHERS),
            ("Please just fix it for me", runs.ADDED_BEG),
            ("I don't understand this", runs.ADDED_UNSURE),
        ],
    )
    def test_it_is_heard_before_the_result(self, added: str, begins: str) -> None:
        call, result = seen("3")
        outputs = ask(facts(), said("Is this right?", STARTER), call, said(added), result)
        assert text(outputs).startswith(begins)

    def test_a_program_that_was_changed_meanwhile_is_run_too(self) -> None:
        call, result = seen("3")
        items = [
            facts(),
            said("Is this right?", STARTER),
            call,
            said("No, this!", SOLUTION),
            result,
        ]
        assert calls(ask(*items)) == [("execute_code", {"code": "", "calls": BOTH, "stdin": ""})]
