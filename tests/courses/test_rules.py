"""`require` and `forbid`, on the syntax tree."""

import pytest

from courses import rules
from courses.audience import Rule
from courses.languages import constructs
from courses.languages.python import PYTHON

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
        ("import os.path", Rule("forbid", "import", "os.path"), False),
        ("import os", Rule("forbid", "import", "os.path"), True),
        ("from os import path", Rule("require", "import", "path"), False),
        ("from . import path", Rule("forbid", "import", "path"), True),
        ("import a, b as c", Rule("require", "import", "b"), True),
        ("x.y.append(1)", Rule("forbid", "call", "list.append"), False),
        ("x.append(1)", Rule("forbid", "call", "dict.append"), True),
        ("x.append(1)", Rule("forbid", "call", "x.append"), False),
        ("y.append(1)", Rule("forbid", "call", "x.append"), True),
        ("(lambda: 1)()", Rule("forbid", "call", "lambda"), True),
        ("print(sorted)", Rule("require", "call", "print"), True),
        ("f(g(h()))", Rule("require", "call", "h"), True),
        ("f'{1}'", Rule("require", "construct", "f-string"), True),
        ("'{1}'", Rule("require", "construct", "f-string"), False),
        ("not a program", Rule("require", "call", "print"), True),
    ],
)  # fmt: skip
def test_a_rule_is_kept_or_broken(program: str, rule: Rule, kept: bool) -> None:
    assert rules.broken((rule,), program, PYTHON) == (() if kept else (rule,))


# Of each construct: programs that use it, and programs that only look like it.
USES: dict[str, tuple[list[str], list[str]]] = {
    "assert": (["assert x"], ["'assert x'", "asserted(x)"]),
    "class": (["class A: pass"], ["type('A', (), {})"]),
    "comprehension": (
        ["[n for n in x]", "{n for n in x}", "{n: n for n in x}", "list(n for n in x)"],
        ["for n in x: pass", "[x]"],
    ),
    "dict": (["{}", "{1: 2}", "{n: n for n in x}"], ["{1}", "dict()"]),
    "f-string": (["f''", "x = f'{x}'"], ["'{x}'.format(x=1)", "''"]),
    "for": (
        ["for n in x: pass", "async def f():\n    async for n in x: pass"],
        ["[n for n in x]", "while x: pass"],
    ),
    "function": (["def f(): pass", "async def f(): pass"], ["lambda: 1", "class A: pass"]),
    "global": (
        ["def f():\n    global x", "def f():\n    x = 1\n    def g():\n        nonlocal x"],
        ["globals()"],
    ),
    "if": (["if x: pass", "1 if x else 2"], ["while x: pass", "[n for n in x if n]"]),
    "import": (["import a", "from a import b"], ["__import__('a')"]),
    "lambda": (["f = lambda: 1"], ["def f(): return 1"]),
    "list": (["[]", "[1]", "[n for n in x]"], ["list()", "(1,)", "x[1]"]),
    "loop": (
        ["for n in x: pass", "while x: pass", "async def f():\n    async for n in x: pass"],
        ["[n for n in x]", "def f():\n    f()"],
    ),
    "recursion": (
        [
            FACTORIAL,
            "async def f():\n    await f()",
            "def f():\n    def g():\n        f()",
            "class Tree:\n    def depth(self):\n        return self.left.depth()",
        ],
        [
            "def f(): return f",
            "f()",
            "def f(): g()\ndef g(): pass",
            "def append(x):\n    things.append(x)",
            "class A:\n    def f(self): pass\nA().f()",
            "def f(n=f()): pass",
        ],
    ),
    "return": (["def f(): return"], ["def f(): yield"]),
    "set": (["{1}", "{n for n in x}"], ["{}", "set()", "{1: 2}"]),
    "slice": (["x[1:]", "x[::2]", "x[:, 1]"], ["x[1]", "slice(1)"]),
    "try": (
        ["try: pass\nfinally: pass", "try: pass\nexcept* OSError: pass"],
        ["with x: pass", "raise x"],
    ),
    "while": (["while x: pass"], ["for n in x: pass"]),
    "with": (["with x: pass", "async def f():\n    async with x: pass"], ["open(x)"]),
    "yield": (["def f(): yield", "def f(): yield from x"], ["def f(): return x"]),
}


def test_every_construct_is_tried_out() -> None:
    assert list(USES) == list(constructs())


@pytest.mark.parametrize("name", USES)
def test_a_construct_is_seen_where_it_is_and_nowhere_else(name: str) -> None:
    require, forbid = (Rule(verb, "construct", name) for verb in ("require", "forbid"))
    used, not_used = USES[name]
    for program in used:
        compile(program, "x", "exec")
        assert rules.broken((require, forbid), program, PYTHON) == (forbid,), program
    for program in not_used:
        compile(program, "x", "exec")
        assert rules.broken((require, forbid), program, PYTHON) == (require,), program


def test_rules_are_told_in_their_order_each_on_its_own() -> None:
    three = (
        Rule("require", "construct", "while"),
        Rule("forbid", "call", "sum"),
        Rule("require", "import", "math"),
    )
    assert rules.broken(three, "sum([])", PYTHON) == three
    assert rules.broken(three, "import math\nsum([])", PYTHON) == three[:2]
    assert rules.broken(three, "import math\nwhile sum([]): pass", PYTHON) == three[1:2]
    assert rules.broken((), "sum([])", PYTHON) == ()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule("require", "construct", "for"), "The program must use a `for` loop."),
        (Rule("require", "call", "print"), "The program must call `print`."),
        (Rule("require", "import", "math"), "The program must import `math`."),
        (Rule("forbid", "construct", "for"), "The program must do without a `for` loop."),
        (Rule("forbid", "call", "sum"), "The program must do without calling `sum`."),
        (Rule("forbid", "import", "os"), "The program must do without importing `os`."),
        (Rule("forbid", "construct", "unknown"), "The program must do without unknown."),
    ],
)
def test_a_rule_is_told_in_a_sentence(rule: Rule, said: str) -> None:
    assert rules.sentence(rule) == said


def test_every_construct_has_a_name_for_people() -> None:
    said = [rules.sentence(Rule("forbid", "construct", name)) for name in constructs()]
    assert len(set(said)) == len(constructs())


def test_a_program_too_deep_or_too_long_to_be_read_breaks_no_rule() -> None:
    deep = "x = " + "(" * 5_000 + "1" + ")" * 5_000
    assert rules.broken((Rule("require", "call", "print"),), deep, PYTHON) == ()
    assert rules.broken((Rule("require", "call", "print"),), "x = 1\n" * 20_000, PYTHON) == ()
