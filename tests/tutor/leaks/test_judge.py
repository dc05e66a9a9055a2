"""The judge: what leaks, what is only a part, and what is judged without runs."""

import pytest

from courses.audience import PredictionMisconception, Rule
from courses.facts import Case, PredictStep
from tests.tutor.leaks.asking import (
    TICKET,
    TICKET_SOLUTION,
    calls,
    code_step,
    judgement_of,
    reply,
    situation,
)
from tests.tutor.leaks.running import judged, observed
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Verdict
from tutor.leaks.said import Channel, Said
from tutor.leaks.situation import Situation

# Another solution than the author's.
OTHER = "def ticket_price(n):\n    return 5 if n < 12 else 10 if n <= 64 else 7"

WHOLE = f"Here it is:\n\n```python\n{TICKET_SOLUTION}```\n"


def test_a_whole_solution_leaks_and_says_how() -> None:
    found = judgement_of(WHOLE)
    assert found.verdict is Verdict.LEAK
    assert (found.way, found.failing) == ("whole", 1)
    assert "age < 12" in found.mended
    assert found.case_runs >= found.programs > 0


def test_a_question_about_a_line_does_not_leak() -> None:
    found = judgement_of("For which ages is `age <= 12` true? What does line 2 decide?")
    assert found.verdict is Verdict.OK


def test_nothing_leaks_when_the_students_program_passes() -> None:
    assert judgement_of(WHOLE, situation(TICKET_SOLUTION)).verdict is Verdict.OK


def test_an_older_program_that_passes_does_not_open_the_gate() -> None:
    """Only what the editor holds counts: the student may have broken it since."""
    given = situation(TICKET, TICKET_SOLUTION)
    assert judgement_of("Replace `<= 12` with `< 12`.", given).verdict is Verdict.LEAK


def test_a_rule_that_is_broken_keeps_a_program_from_passing() -> None:
    no_loop = Rule("forbid", "construct", "for")
    step = code_step(calls(("total([1, 2])", "3"), ("total([])", "0")), rules=(no_loop,))
    slow = "def total(xs):\n    s = 0\n    for x in xs:\n        s += x\n    return s\n"
    given = situation(slow, step=step)
    found = judgement_of("```python\ndef total(xs):\n    return sum(xs)\n```", given)
    assert found.verdict is Verdict.LEAK
    other = (
        "```python\ndef total(xs):\n    s = 0\n    for n in xs:\n        s = s + n\n    return s\n"
    )
    assert judgement_of(other, given).verdict is Verdict.OK


def test_a_candidate_is_tried_once_in_a_turn() -> None:
    judge = Judge(situation())
    said = reply("Use `age != 12` somewhere.")
    first = judged(judge.judge(said))
    assert first.programs > 0
    assert judged(judge.judge(said)).programs == 0


def test_what_was_cut_off_is_unsure() -> None:
    judging = Judge(situation()).judge(reply(WHOLE))
    runs = next(judging)
    with pytest.raises(StopIteration) as end:
        judging.send([one[:-1] for one in observed(runs)])
    assert end.value.value.verdict is Verdict.UNSURE


def test_what_was_cut_off_is_judged_again() -> None:
    judge = Judge(situation())
    judged(judge.prepare())
    judging = judge.judge(reply(WHOLE))
    next(judging)
    judging.close()
    assert judged(judge.judge(reply(WHOLE))).verdict is Verdict.LEAK


def test_one_of_two_faults_mended_is_a_part() -> None:
    step = code_step(calls(("f(1)", "2"), ("f(-5)", "0")))
    given = situation("def f(n):\n    if n < 0:\n        return 1\n    return n\n", step=step)
    first = judgement_of("Write `return n + 1` at the end.", given)
    assert first.verdict is Verdict.PARTIAL


def test_both_faults_over_two_messages_leak() -> None:
    step = code_step(calls(("f(1)", "2"), ("f(-5)", "0")))
    program = "def f(n):\n    if n < 0:\n        return 1\n    return n\n"
    earlier = (reply("Replace line 4 with `return n + 1`."),)
    given = situation(program, step=step, earlier=earlier)
    assert judgement_of("And in line 3 say `return 0`.", given).verdict is Verdict.LEAK


def test_two_faults_of_which_the_first_alone_passes_nothing() -> None:
    step = code_step(calls(("f(3)", "6"), ("f(4)", "10")))
    program = "def f(n):\n    s = 1\n    for i in range(n):\n        s += i\n    return s\n"
    given = situation(program, step=step, earlier=(reply("Swap `1` for `0` in line 2."),))
    assert judgement_of("Line 3: `range(n + 1)`.", given).verdict is Verdict.LEAK


def test_both_faults_over_a_text_and_one_that_is_not_stored_leak() -> None:
    step = code_step(calls(("f(3)", "6"), ("f(4)", "10")))
    program = "def f(n):\n    s = 1\n    for i in range(n):\n        s += i\n    return s\n"
    judge = Judge(situation(program, step=step))
    said, before = reply("Line 3: `range(n + 1)`."), (reply("Swap `1` for `0` in line 2."),)
    assert judged(judge.judge(said)).verdict is not Verdict.LEAK
    assert judge.needs_runs(said, before)
    assert judged(judge.judge(said, before)).verdict is Verdict.LEAK


def test_a_fix_of_the_syntax_alone_is_a_part_and_with_the_sign_a_leak() -> None:
    broken = TICKET.replace("if age < 65:", "if age < 65")
    assert (
        judgement_of("Line 4 needs `if age < 65:`.", situation(broken)).verdict is Verdict.PARTIAL
    )
    both = "Line 4 needs `if age < 65:`, and replace `<=` with `<` in line 2."
    assert judgement_of(both, situation(broken)).verdict is Verdict.LEAK


def test_a_deletion_that_the_text_only_carries_is_no_leak() -> None:
    """The control: the hint's list takes the place of a stray line, which alone was wrong."""
    step = code_step(calls(("f([1, 2])", "3"), ("f([4])", "4")))
    stray = (
        "def f(xs):\n    total = 0\n    for x in xs:\n        total += x\n"
        "    total = 0 * total + total * 2\n    return total\n"
    )
    text = "What does `values = list(range(1, 4))` give?"
    assert judgement_of(text, situation(stray, step=step)).verdict is not Verdict.LEAK


def test_an_endless_loop_costs_little_and_its_fix_leaks() -> None:
    step = code_step(calls(("f(3)", "[3, 2, 1]"), ("f(1)", "[1]"), ("f(0)", "[]")))
    endless = "def f(n):\n    out = []\n    while n > 0:\n        out.append(n)\n    return out\n"
    given = situation(endless, step=step)
    assert judgement_of("Add `n -= 1` after `out.append(n)`.", given).verdict is Verdict.LEAK


def test_of_a_step_aside_only_whole_functions_are_looked_for() -> None:
    aside = situation(aside=True)
    assert judgement_of("Replace `<= 12` with `< 12`.", aside).verdict is Verdict.OK
    assert judgement_of(WHOLE, aside).verdict is Verdict.LEAK


def test_programs_that_read_and_print_are_judged_by_their_output() -> None:
    step = code_step((Case(stdin="3\n", stdout="6\n"), Case(stdin="0\n", stdout="0\n")))
    given = situation("n = int(input())\nprint(n + 2)\n", step=step)
    assert judgement_of("Try `print(n * 2)`.", given).verdict is Verdict.LEAK
    assert judgement_of("```\nx = int(input())\nprint(x + x)\n```", given).verdict is Verdict.LEAK


PADDING = "".join(f"    # Line {n} says nothing.\n" for n in range(250))


@pytest.mark.parametrize(
    "said",
    [
        reply(f"```python\n{TICKET_SOLUTION}{PADDING}```"),
        reply("So: `age < 12`, " + ", ".join(f"`x{n} < {n}`" for n in range(60)) + "?"),
        reply(f"```python\n{OTHER}  # {'x' * 2_500}\n```"),
        Said(Channel.CODE, TICKET_SOLUTION + PADDING * 8),
        Said(Channel.CODE, PADDING * 8 + TICKET_SOLUTION),
        Said(Channel.CODE, TICKET_SOLUTION + "".join(f"# a{n} = {n}\n" for n in range(40))),
    ],
    ids=["a long block", "many spans", "a long line", "a long program", "its end", "many comments"],
)
def test_a_text_with_too_much_code_to_be_tried_is_judged_by_the_solution_too(said: Said) -> None:
    assert Judge(situation()).needs_runs(said)
    assert judgement_of(said).verdict is Verdict.LEAK


def test_much_code_of_the_students_own_is_no_leak() -> None:
    program = TICKET + PADDING
    said = Said(Channel.CODE, f"{program}print(ticket_price(12))\n")
    assert judgement_of(said, situation(program)).verdict is Verdict.OK


# Without runs ------------------------------------------------------------------------------------


def test_closed_holds_lines_of_the_solution_back_and_lets_prose_pass() -> None:
    judge = Judge(situation())
    assert judge.closed(reply("It must be `if age < 12:`.")).verdict is Verdict.LEAK
    assert judge.closed(reply("Replace the sign in line 2 with less than.")).verdict is Verdict.OK
    assert judge.closed(reply("Look at `if age < 65:` again.")).verdict is Verdict.OK
    assert judge.closed(reply("Use `<`.")).verdict is Verdict.OK


def test_closed_holds_back_what_stands_within_a_line_of_the_solution() -> None:
    solution = "def km(days):\n    for day in range(1, days + 1):\n        print(day)\n"
    step = code_step(calls(("km(1)", "1")), solution=solution)
    given = situation(
        "def km(days):\n    for day in range(1, days):\n        print(day)\n", step=step
    )
    judge = Judge(given)
    other = "```python\ndef total(n):\n    return sum(range(1, days + 1))\n```"
    assert judge.closed(reply(other)).verdict is Verdict.LEAK
    assert judge.closed(reply("What does `for day in range(1, days)` do?")).verdict is Verdict.OK
    assert judge.closed(reply("Try `list(range(1, 4))` by itself.")).verdict is Verdict.OK


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{OTHER}\n```",
        f"Like this:\n\n{OTHER}\n\nDo you see?",
        "\n".join(f"    {line}" for line in OTHER.splitlines()),
        "Write `def ticket_price(n): return 5 if n < 12 else 7`.",
        "Write `ticket_price = lambda n: 5 if n < 12 else 7`.",
        "```\nsmall = age - 12\nif small < 0: return 5\n```",
    ],
)
def test_closed_strictly_holds_back_new_code_that_is_no_short_span(text: str) -> None:
    judge = Judge(situation())
    assert judge.closed(reply(text)).verdict is Verdict.OK
    found = judge.closed(reply(text), strict=True)
    assert (found.verdict, found.way) == (Verdict.LEAK, "block")
    assert found.mended


@pytest.mark.parametrize(
    "said",
    [
        reply("What does `age <= 12` mean for 12? Try `ticket_price(12)`, or `age + 1`."),
        reply("Change the sign in line 2 to less than, and look at line 4."),
        reply(f"You have:\n\n```python\n{TICKET}```\n\nWhat does line 2 say?"),
        reply("```python\nprint(ticket_price(11))\nprint(ticket_price(12))\n```"),
        Said(Channel.CODE, f"{TICKET}\nprint(ticket_price(12))\n"),
        Said(Channel.OUTPUT, "[5, 5]\n(1, 2)\n{'a': 10}\n5\n10\n7\n"),
    ],
)
def test_closed_strictly_lets_pass_prose_short_spans_and_what_is_the_students(said: Said) -> None:
    assert Judge(situation()).closed(said, strict=True).verdict is Verdict.OK


def test_closed_strictly_holds_back_a_program_that_reads_as_the_cases_want_it() -> None:
    step = code_step((Case(stdin="3\n", stdout="6\n"),), solution="print(2 * int(input()))\n")
    judge = Judge(situation("n = int(input())\nprint(n + 2)\n", step=step))
    said = reply("Try `print(sum([int(input())] * 2))`.")
    assert judge.closed(said).verdict is Verdict.OK
    assert judge.closed(said, strict=True).verdict is Verdict.LEAK
    assert judge.closed(reply("Try `print(n - 2)`."), strict=True).verdict is Verdict.OK


def test_a_language_that_is_never_run_is_not_judged_more_strictly() -> None:
    step = code_step(solution="console.log(a + b);\n")
    judge = Judge(situation("console.log(a - b);\n", step=step, language="javascript"))
    said = reply("```\nlet sum = a;\nsum += b;\n```")
    assert judge.closed(said, strict=True).verdict is Verdict.OK


def test_a_language_that_cannot_be_judged_in_time_is_closed() -> None:
    step = code_step(solution="console.log(a + b);\n")
    judge = Judge(situation("console.log(a - b);\n", step=step, language="javascript"))
    said = reply("Write `console.log(a + b);`.")
    assert not judge.needs_runs(said)
    assert judged(judge.judge(said)).verdict is Verdict.LEAK


PREDICT = PredictStep(
    "p", "predict", "What does it print?", "for i in range(3):\n    print(i)\n", "0\n1\n2\n",
    misconceptions=(PredictionMisconception("one", "It begins at 1", "1\n2\n3\n"),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("It prints 0, 1 and 2.", Verdict.LEAK),
        ("The output is\n```\n0\n1\n2\n```\n", Verdict.LEAK),
        ("What is `i` in the first round?", Verdict.OK),
        ("Look at line 2: what does `range(3)` begin with?", Verdict.OK),
    ],
)
def test_an_output_that_is_to_be_predicted(text: str, verdict: Verdict) -> None:
    judge = Judge(Situation(PREDICT, "python", ()))
    assert not judge.needs_runs(reply(text))
    assert judged(judge.judge(reply(text))).verdict is verdict


def test_a_run_of_the_tutors_that_prints_what_is_to_be_predicted() -> None:
    judge = Judge(Situation(PREDICT, "python", ()))
    printed = Said(Channel.OUTPUT, "0\n1\n2\n")
    assert judged(judge.judge(printed)).verdict is Verdict.LEAK
    assert judged(judge.judge(Said(Channel.OUTPUT, "10\n12\n"))).verdict is Verdict.OK


def test_the_students_own_prediction_may_be_quoted() -> None:
    judge = Judge(Situation(PREDICT, "python", (), known=("I say it prints 0 1 2",)))
    text = reply("You say that it prints 0 1 2. How do you know?")
    assert judged(judge.judge(text)).verdict is Verdict.OK


def test_a_number_of_a_line_is_no_output() -> None:
    five = PredictStep("p", "predict", "What?", "print(2 + 3)\n", "5\n")
    judge = Judge(Situation(five, "python", ()))
    assert judged(judge.judge(reply("Look at line 5."))).verdict is Verdict.OK
    assert judged(judge.judge(reply("It gives 5."))).verdict is Verdict.LEAK
