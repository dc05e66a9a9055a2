"""The program that is run to find the first wrong case, and what is said of each verdict."""

import re

import pytest

from tests.tutor.practice.student import (
    INSTRUCTIONS,
    SOLUTION,
    STARTER,
    Student,
    is_socratic,
)
from tutor.practice.lesson import Case
from tutor.practice.probe import compose


class TestVerdicts:
    def test_the_first_wrong_case_is_shown_with_what_it_should_give(self):
        text = Student().try_out(STARTER)
        assert is_socratic(text)
        assert "kilometres(3)\n3" in text
        assert "`6`" in text
        assert "kilometres(0)" not in text

    @pytest.mark.parametrize(
        ("program", "kind", "line"),
        [
            ("def kilometres(days):\n    return dayz\n", "NameError", 2),
            ("def kilometres(days):\n    total = [1][days]\n    return total", "IndexError", 2),
            ("x = 1\ny = x / 0\n", "ZeroDivisionError", 2),
            ("def kilometres(days):\n    return days + 'a'\n", "TypeError", 2),
            ("x = {}\n\nprint(x['a'])\n", "KeyError", 3),
            ("def kilometres(days)\n    return 6\n", "SyntaxError", 1),
            ("def kilometres(days):\n", "IndentationError", 1),
            ("x = (1,\n", "SyntaxError", 1),
            ("def kilometres(days):\n    return kilometres(days)\n", "RecursionError", 2),
            ("class Odd(Exception): pass\nraise Odd('well')\n", "Odd", 2),
        ],
    )
    def test_an_exception_is_named_with_its_line(self, program, kind, line):
        text = Student().try_out(program)
        assert is_socratic(text)
        assert f"`{kind}`" in text
        assert f"line {line} " in text
        assert program.splitlines()[line - 1].strip() in text

    def test_a_function_that_is_missing_is_no_line_of_the_program(self):
        text = Student().try_out("days = 3\n")
        assert is_socratic(text)
        assert "`NameError` when I called `kilometres(3)`" in text

    def test_a_time_out_asks_when_the_loop_ends(self):
        student = Student()
        program = (
            "def kilometres(days):\n    while days != -1:\n        days += 1\n    return days\n"
        )
        outputs = student.say("It hangs", program)
        stdout = "\n~~~ case 1: kilometres(3)\n"
        text = student.report(outputs, {"status": "timeout", "stdout": stdout, "stderr": ""})
        assert is_socratic(text)
        assert "`kilometres(3)` did not come back" in text
        assert "days != -1" in text

    def test_a_case_that_hangs_is_named_without_waiting_for_the_sandbox(self):
        program = "def kilometres(days):\n    while days:\n        pass\n    return 0\n"
        text = Student().try_out(program)
        assert is_socratic(text)
        assert "`kilometres(3)` did not come back" in text

    def test_a_case_that_breaks_off_is_asked_about(self):
        program = "import os\ndef kilometres(days):\n    os.kill(os.getpid(), 11)\n"
        text = Student().try_out(program)
        assert is_socratic(text)
        assert "broke off" in text

    def test_all_right_asks_for_an_explanation(self):
        text = Student().try_out(SOLUTION)
        assert is_socratic(text)
        assert re.search("why", text)

    def test_after_an_explanation_it_goes_on_asking(self):
        student = Student()
        student.try_out(SOLUTION)
        assert is_socratic(student.hear("The range stops one before its end, so I added one."))

    @pytest.mark.parametrize("status", ["unavailable", "sandbox_error"])
    def test_without_a_sandbox_it_says_so_and_goes_on_by_reading(self, status):
        student = Student()
        text = student.report(student.say("Look", STARTER), {"status": status, "stdout": ""})
        assert is_socratic(text)
        assert "can't run code" in text

    @pytest.mark.parametrize("status", ["memory", "output_limit", "crashed", "idle", "cancelled"])
    def test_every_other_end_of_a_run_gets_a_question(self, status):
        student = Student()
        report = {"status": status, "exit_code": None, "stdout": "", "stderr": ""}
        assert is_socratic(student.report(student.say("Look", STARTER), report))

    def test_a_function_that_prints_instead_of_returning_is_asked_about(self):
        text = Student().try_out(STARTER.replace("return total", "print(total)"))
        assert is_socratic(text)
        assert "`None`" in text

    def test_an_input_that_nobody_types_is_asked_about(self):
        student = Student()
        outputs = student.say("Look", "n = int(input())\n")
        stderr = 'Traceback:\n  File "main.py", line 1\nEOFError: EOF when reading a line\n'
        report = {"status": "error", "exit_code": 1, "stdout": "", "stderr": stderr}
        text = student.report(outputs, report)
        assert is_socratic(text)
        assert "input()" in text

    @pytest.mark.parametrize(
        "output", ["", "3", "null", "Traceback\nValueError: x", '{"status": 3}']
    )
    def test_a_report_of_another_shape_is_no_trouble(self, output):
        student = Student()
        assert is_socratic(student.report(student.say("Look", STARTER), output))

    def test_a_program_that_leaves_early_is_no_success(self):
        report = {"status": "ok", "exit_code": 0, "stdout": "bye\n", "stderr": ""}
        student = Student()
        text = student.report(student.say("Look", "import sys\nsys.exit()\n"), report)
        assert is_socratic(text)
        assert "all the" not in text.lower()

    def test_true_is_not_one(self):
        text = Student(INSTRUCTIONS.replace("`6`", "`True`")).try_out(
            "def kilometres(days):\n    return 1\n"
        )
        assert "`True`" in text

    def test_quotes_of_another_kind_are_no_difference(self):
        lesson = INSTRUCTIONS.replace("`6`", '`"six"`').replace("`0`", '`"six"`')
        text = Student(lesson).try_out("def kilometres(days):\n    return 'six'\n")
        assert "why" in text


def test_the_check_leaves_the_students_line_numbers_alone():
    assert compose(STARTER, [Case("kilometres(3)", "6")]).startswith(STARTER)
