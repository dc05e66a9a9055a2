"""Small parts of the way from a text to candidates."""

from courses.facts import Case
from tests.tutor.leaks.asking import TICKET, calls, code_step, reply, situation
from tutor.leaks.assemble import assembled, indented
from tutor.leaks.bases import bases
from tutor.leaks.control import control
from tutor.leaks.distinct import MOST_PARSED, Distinct
from tutor.leaks.edit import Edit, Verb
from tutor.leaks.names import MOST_MAPPINGS, renamed
from tutor.leaks.own import own_of
from tutor.leaks.program import Program, program_of
from tutor.leaks.resemblance import likely_lines, likely_windows
from tutor.leaks.told import added_lines, in_order, told
from tutor.leaks.union import united

SUM = Program("def f(xs):\n    total = 1\n    for x in xs:\n        total += x\n    return total")


# program and bases


def test_a_tab_is_four_blanks_and_every_end_of_a_line_the_same() -> None:
    assert program_of("if x:\r\n\ty = 1").text == "if x:\n    y = 1"


def test_a_lambda_with_a_name_is_a_function() -> None:
    [one] = Program("f = lambda a, b: a").functions
    assert (one.name, one.parameters) == ("f", 2)


def test_functions_are_found_where_nothing_can_be_parsed() -> None:
    [one] = Program("def f(a, b):\n    return a +").functions
    assert (one.name, one.first, one.last, one.parameters) == ("f", 1, 2, 2)
    assert Program("return (").functions == []


def test_a_self_check_is_left_out_and_lines_keep_their_numbers() -> None:
    program = "LIMIT = 12\ndef f(x):\n    return x + LIMIT\nprint(f(3))\nx = f(4)\nimport math\n"
    [base] = bases(code_step(), [program])
    assert base.lines == ["LIMIT = 12", "def f(x):", "    return x + LIMIT", "", "", "import math"]


def test_a_self_check_of_the_starter_stays_and_so_do_programs_that_are_run() -> None:
    program = "def f(x):\n    return x\nprint(f(3))\n"
    [kept] = bases(code_step(starter=program), [program])
    assert "print" in kept.text
    [run] = bases(code_step((Case(stdin="", stdout="3\n"),)), [program])
    assert "print" in run.text


def test_too_long_a_program_is_no_base() -> None:
    assert bases(code_step(), ["x = 1\n" * 2001]) == []


# resemblance


def test_the_line_that_is_most_alike_comes_first() -> None:
    assert likely_lines("total = 0", SUM)[0] == 2
    assert likely_windows(["for n in xs:", "    total += n"], SUM)[0].first == 3


# names and control


def test_unknown_names_stand_for_the_students() -> None:
    assert "total = 0" in list(renamed("summe = 0", SUM))
    assert len(list(renamed("a = b + c", SUM))) <= MOST_MAPPINGS
    assert list(renamed("total = 0", SUM)) == []


def test_the_control_is_without_what_is_new_but_for_heads_of_blocks() -> None:
    mended = SUM.text.replace("total = 1", "total = 0")
    assert control(mended, SUM) == SUM.text.replace("total = 1", "pass")
    assert control(SUM.text.replace("in xs:", "in xs[1:]:"), SUM) is None


# distinct


def test_the_same_tree_is_one_program() -> None:
    distinct = Distinct([SUM], ())
    assert distinct.key(SUM.text + "  # a comment", SUM) is None
    first = distinct.key(SUM.text.replace("1", "0"), SUM)
    assert first is not None
    assert distinct.key(SUM.text.replace("1", "(0)"), SUM) is None
    assert Distinct([SUM], {first}).key(SUM.text.replace("1", "0"), SUM) is None
    assert distinct.key("def f(:", SUM) is None


def test_of_a_long_program_the_changed_statement_is_parsed() -> None:
    long = Program("\n".join(f"def f{n}(x):\n    return x + {n}" for n in range(200)))
    distinct = Distinct([long], ())
    keys = {distinct.key(long.text.replace(f"+ {n}\n", f"- {n}\n"), long) for n in range(150)}
    assert len(keys - {None}) == 150
    assert not distinct.is_exhausted


def test_what_is_parsed_is_bounded() -> None:
    distinct = Distinct([SUM], ())
    for n in range(MOST_PARSED):
        if distinct.is_exhausted:
            break
        distinct.key(f"x = '{'a' * 500}{n}'", SUM)
    assert distinct.is_exhausted
    assert distinct.key("y = 1", SUM) is None


# told and own


def test_what_the_student_has_is_not_new() -> None:
    own = own_of(situation(known=("Is it `age > 11`?",)))
    found = told(reply("You wrote `age <= 12`, and said `age > 11`; or `age < 12`."), own)
    assert found.new == ("age < 12",)


def test_another_indentation_is_new() -> None:
    own = own_of(situation())
    text = "```python\n        return 5\nif age < 65:\n```"
    assert told(reply(text), own).new != ()
    assert told(reply("```python\n    if age <= 12:\n        return 5\n```"), own).new == ()


def test_what_is_only_to_be_tried_is_no_fragment() -> None:
    step = code_step(calls(("f([1])", "1")))
    own = own_of(situation("def f(xs):\n    return 0\n", step=step))
    text = "Try `f([4, 2])`, `4 % 2` and `print(xs)`."
    assert told(reply(text), own).new == ()
    assert told(reply("`range(1, 4)`"), own).new == ("range(1, 4)",)


def test_a_print_counts_where_it_is_expected() -> None:
    step = code_step((Case(stdin="1", stdout="1"),))
    own = own_of(situation("n = input()\n", step=step))
    assert told(reply("`print(n)`"), own).new == ("print(n)",)


def test_the_lines_that_a_difference_adds() -> None:
    assert added_lines("@@ -1 +1 @@\n a\n-b\n+c") == "a\nc"
    assert added_lines("a\nb") == ""


def test_edits_of_lines_go_from_the_last_line_up() -> None:
    low, high = Edit(Verb.PUT, "", "a", (2,)), Edit(Verb.PUT, "", "b", (9,))
    assert in_order([low, "x", high]) == ["x", high, low]


# union and assemble


def test_what_was_told_earlier_is_put_in_first() -> None:
    earlier = [Edit(Verb.REPLACE, "1", "0")]
    now = [Edit(Verb.REPLACE, "total", "total / 2", (5,))]
    both = SUM.text.replace("1", "0").replace("return total", "return total / 2")
    assert both in list(united(earlier, now, SUM))


def test_lines_told_one_by_one_make_a_block() -> None:
    lines = ["total = 0", "for x in xs:", "total += x", "return total"]
    whole = SUM.text.replace("= 1", "= 0")
    assert whole in list(assembled(lines, SUM))
    assert list(assembled(lines[:1], SUM)) == []


def test_an_else_goes_one_level_out() -> None:
    [first, *_] = indented([["if a:"], ["b = 1"], ["else:"], ["b = 2"]])
    assert first == "if a:\n    b = 1\nelse:\n    b = 2"


def test_a_program_of_nothing_leads_nowhere() -> None:
    assert likely_lines("x = 1", Program("")) == []
    assert list(united((), ["x = 1"], Program(TICKET))) != []
