"""Rules that contradict each other, or that nobody can break: which, where and how sure."""

import pytest

from courses.languages.python import PYTHON
from courses.source import check
from tests.courses.conftest import CourseFiles
from tests.courses.test_rules import USES

LOOP = (
    "def double(n):\n    total = 0\n    for _ in range(2):\n        total += n\n    return total\n"
)


def findings(files: CourseFiles, rules: str, solution: str = "") -> list[tuple[str, str, str]]:
    """Place, severity and message of what is said of a step with these rules."""
    files.replace("first/lesson.yaml", "    misconceptions:\n", f"{rules}    misconceptions:\n")
    if solution:
        files.write("first/solution.py", solution)
    return [
        (f"{one.line}:{one.column}", one.severity, one.message)
        for one in check(files.path).problems
    ]


CONTRADICTIONS = [
    ("{calls: [sum]}", "{calls: [sum]}"),
    ("{calls: [list.sort]}", "{calls: [sort]}"),
    ("{calls: [list.sort]}", "{calls: [list.sort]}"),
    # Of which type a method is cannot be seen.
    ("{calls: [list.index]}", "{calls: [str.index]}"),
    ("{calls: [numbers.append]}", "{calls: [append]}"),
    ("{constructs: [recursion]}", "{constructs: [function]}"),
    ("{constructs: [for]}", "{constructs: [loop]}"),
    ("{constructs: [while]}", "{constructs: [loop]}"),
    ("{constructs: [loop]}", "{constructs: [for, while]}"),
    ("{constructs: [return]}", "{constructs: [function]}"),
    ("{constructs: [yield]}", "{constructs: [function, lambda]}"),
    ("{imports: [math]}", "{imports: [math]}"),
    ("{imports: [os.path]}", "{imports: [os]}"),
    ("{imports: [math]}", "{constructs: [import]}"),
    ("{constructs: [import]}", "{constructs: [import]}"),
    ("{calls: [math.sqrt]}", "{imports: [math]}"),
    ("{calls: [numpy.mean]}", "{imports: [numpy]}"),
]


@pytest.mark.parametrize(("require", "forbid"), CONTRADICTIONS)
def test_what_is_required_and_forbidden_at_once_is_an_error_at_its_place(
    files: CourseFiles, require: str, forbid: str
) -> None:
    found = findings(files, f"    require: {require}\n    forbid: {forbid}\n")
    [(place, severity, message)] = found
    column = len("    require: {") + require.index("[") + 1
    assert (place, severity) == (f"14:{column}", "error")
    assert "required and forbidden at once" in message or "contradict each other" in message


def test_a_call_of_a_module_that_the_solution_imports_needs_an_import(files: CourseFiles) -> None:
    rules = "    require: {calls: [math.sqrt]}\n    forbid: {constructs: [import]}\n"
    solution = "import math\ndef double(n): return n * 2 * int(math.sqrt(1))\n"
    [found] = findings(files, rules, solution)
    assert "the call `math.sqrt` without the construct `import`" in found[2]
    files.write("first/solution.py", solution.replace("import math", "math = __builtins__"))
    assert check(files.path).problems == (), "a variable has methods as well"


def test_the_contradiction_names_both_and_says_what_to_do(files: CourseFiles) -> None:
    found = findings(files, "    require: {calls: [list.sort]}\n    forbid: {calls: [sort]}\n")
    assert [message for _, _, message in found] == [
        (
            "`require` and `forbid` contradict each other: no program has the call `list.sort` "
            "without the call `sort`, which may not be used. Take out one of the two."
        )
    ]


@pytest.mark.parametrize(
    ("require", "forbid", "solution"),
    [
        # A function of one's own may be called `sort`.
        ("{calls: [sort]}", "{calls: [list.sort]}",
         "def sort(n): return n * 2\ndouble = sort\nsort(1)\n"),
        ("{constructs: [loop]}", "{constructs: [while]}", LOOP),
        ("{constructs: [for]}", "{constructs: [while, comprehension]}", LOOP),
        ("{constructs: [comprehension]}", "{constructs: [list, set, dict]}",
         "def double(n):\n    return sum(n for _ in range(2))\n"),
        ("{imports: [os]}", "{imports: [os.path]}", "import os\ndef double(n): return n * 2\n"),
        ("{constructs: [import]}", "{imports: [math]}", "import os\ndef double(n): return n * 2\n"),
        ("{calls: [sqrt]}", "{calls: [math.sqrt]}",
         "from math import sqrt\ndef double(n): return n * 2 * int(sqrt(1))\n"),
    ],
)  # fmt: skip
def test_rules_that_can_be_kept_together_are_no_contradiction(
    files: CourseFiles, require: str, forbid: str, solution: str
) -> None:
    found = findings(files, f"    require: {require}\n    forbid: {forbid}\n", solution)
    assert found == []


@pytest.mark.parametrize(
    ("rules", "place", "severity", "said"),
    [
        ("require: {calls: [os.path.join]}", "14:23", "error", "No program can keep this rule"),
        ("require: {calls: [list.push]}", "14:23", "error", "No program can keep this rule"),
        ("forbid: {calls: [os.path.join]}", "14:22", "warning", "No program can break this rule"),
        ("forbid: {calls: [list.sorted]}", "14:22", "warning", "No program can break this rule"),
        ("forbid: {calls: [while]}", "14:22", "warning", "No program can break this rule"),
        ("forbid: {imports: [import]}", "14:24", "warning", "cannot be the name of a module"),
        ("forbid: {constructs: [loop, for]}", "14:33", "warning", "Whoever keeps to `loop`"),
        ("forbid: {imports: [os.path, os]}", "14:24", "warning", "Whoever keeps to `os`"),
        ("require: {constructs: [while]}", "14:14", "error", "The solution itself breaks"),
    ],
)
def test_a_rule_that_makes_no_difference_or_cannot_be_kept_is_named(
    files: CourseFiles, rules: str, place: str, severity: str, said: str
) -> None:
    [found] = findings(files, f"    {rules}\n")
    assert found[:2] == (place, severity)
    assert said in found[2]


@pytest.mark.parametrize(
    "calls", ["[sort, list.sort]", "[list.pop, dict.pop]", "[list.sort, sorted]"]
)
def test_a_method_may_be_forbidden_for_several_types(files: CourseFiles, calls: str) -> None:
    assert findings(files, f"    forbid: {{calls: {calls}}}\n") == []


def test_a_rule_that_the_cases_take_care_of_is_named(files: CourseFiles) -> None:
    found = findings(files, "    require: {constructs: [function, return]}\n")
    assert [one[:2] for one in found] == [("14:28", "warning"), ("14:38", "warning")]
    files.write("first/wrong/adds.py", "double = lambda n: n + 2\n")
    assert check(files.path).problems == (), "a wrong program shows what the rule is for"


def test_a_loop_to_mend_may_be_required_although_it_is_there(files: CourseFiles) -> None:
    files.write("first/starter.py", LOOP.replace("range(2)", "range(3)"))
    assert findings(files, "    require: {constructs: [loop]}\n", LOOP) == []


@pytest.mark.parametrize("name", USES)
def test_a_program_uses_all_that_one_of_the_ways_has(name: str) -> None:
    assert PYTHON.syntax is not None
    for program in USES[name][0]:
        used = PYTHON.syntax.used(program)
        assert used is not None
        for what, thing in used:
            assert any(way <= used for way in PYTHON.syntax.ways(what, thing)), (program, thing)


@pytest.mark.parametrize(
    "program",
    [
        "import os.path\nos.path.join('a')\n[].sort()\nsorted([])",
        "from math import sqrt as s\ns(2)",
        "import math\nmath.sqrt(2)\n{}.get(1)\n''.join(x)\n",
        "async def f():\n    async for n in x: yield n\n    async with x: return\n",
        "f = lambda: (yield 1)",
        "class A:\n    def f(self):\n        return self.f()\n",
    ],
)
def test_what_real_programs_use_has_a_way_in_them(program: str) -> None:
    assert PYTHON.syntax is not None
    used = PYTHON.syntax.used(program)
    assert used is not None
    for what, name in used:
        ways = PYTHON.syntax.ways(what, name)
        assert any(way <= used for way in ways), (what, name)
