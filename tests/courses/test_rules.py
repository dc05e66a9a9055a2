"""`require` and `forbid`, on the syntax tree."""

import pytest

from courses import rules
from courses.seen import Rule

FACTORIAL = "def f(n):\n    return 1 if n == 0 else n * f(n - 1)\n"


@pytest.mark.parametrize(
    ("program", "rule", "kept"),
    [
        (FACTORIAL, Rule("require", "construct", "recursion"), True),
        ("def f(n):\n    return g(n)\n", Rule("require", "construct", "recursion"), False),
        ("def f(n):\n    return n\nf(1)\n", Rule("require", "construct", "recursion"), False),
        ("class A:\n    def f(self):\n        return self.f()\n",
         Rule("require", "construct", "recursion"), True),
        ("for n in []: pass", Rule("forbid", "construct", "loop"), False),
        ("[n for n in []]", Rule("forbid", "construct", "loop"), True),
        ("while 0: pass", Rule("forbid", "construct", "for"), True),
        ("sorted([2, 1])", Rule("forbid", "call", "sorted"), False),
        ("a = sorted", Rule("forbid", "call", "sorted"), True),
        ("# sorted()\n'sorted()'", Rule("forbid", "call", "sorted"), True),
        ("a = []\na.sort()", Rule("forbid", "call", "list.sort"), False),
        ("a = []\na.sort()", Rule("forbid", "call", "sort"), False),
        ("import math\nmath.sqrt(2)", Rule("require", "call", "math.sqrt"), True),
        ("import os.path", Rule("forbid", "import", "os"), False),
        ("from os import path", Rule("forbid", "import", "os"), False),
        ("from os import path", Rule("forbid", "import", "os.path"), False),
        ("import ossaudiodev", Rule("forbid", "import", "os"), True),
        ("f'{1}'", Rule("require", "construct", "f-string"), True),
        ("'{1}'", Rule("require", "construct", "f-string"), False),
        ("not a program", Rule("require", "call", "print"), True),
    ],
)  # fmt: skip
def test_a_rule_is_kept_or_broken(program: str, rule: Rule, kept: bool) -> None:
    assert rules.broken((rule,), program) == (() if kept else (rule,))


def test_every_construct_has_a_name_for_people() -> None:
    said = [rules.sentence(Rule("forbid", "construct", name)) for name in rules.CONSTRUCTS]
    assert len(set(said)) == len(rules.CONSTRUCTS)
    assert rules.sentence(Rule("require", "call", "print")) == "The program must call `print`."


def test_a_program_nested_too_deeply_breaks_no_rule() -> None:
    deep = "x = " + "(" * 5_000 + "1" + ")" * 5_000
    assert rules.broken((Rule("require", "call", "print"),), deep) == ()
