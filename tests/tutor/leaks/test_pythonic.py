"""Code of C-like languages in Python."""

import ast

import pytest

from tutor.leaks.pythonic import to_python


@pytest.mark.parametrize(
    ("code", "python"),
    [
        ("a && b || !c", "a and b or not c"),
        ("a === b", "a == b"),
        ("a !== b", "a != b"),
        ("x = 5;", "x = 5"),
        ("let x = null;", "x = None"),
        ("const done = true", "done = True"),
        ("int n = 0;", "n = 0"),
        ("n++;", "n += 1"),
        ("--n", "n -= 1"),
        ("xs.length", "len(xs)"),
        ("a.xs.length - 1", "len(a.xs) - 1"),
        ("xs.push(x)", "xs.append(x)"),
        ("xs.includes(x)", "x in xs"),
        ("console.log(x)", "print(x)"),
        ("Math.max(a, b)", "max(a, b)"),
        ("return a > b ? a : b;", "return a if a > b else b"),
        ("while (n >= 0) {", "while n >= 0:"),
        ("if (a && b) x = 1;", "if a and b: x = 1"),
        ("else if (a) {", "elif a:"),
        ("} else {", "else:"),
        ("for (let i = 0; i < n; i++) {", "for i in range(0, n):"),
        ("for (int i = n; i >= 0; i--)", "for i in range(n, 0 - 1, -1):"),
        ("for (let i = 0; i <= n; i += 2)", "for i in range(0, n + 1, 2):"),
        ("for (const x of xs) {", "for x in xs:"),
        ("function f(a, b) {", "def f(a, b):"),
        ("public static int f(int a, String b) {", "def f(a, b):"),
        ("const f = (a, b) => a + b;", "def f(a, b): return a + b"),
        ("if n > 0 then", "if n > 0:"),
        ("x := 1", "x = 1"),
        ('print("a && b");', 'print("a && b")'),
        ("x = 1; // so", "x = 1"),
    ],
)
def test_a_line_is_turned(code: str, python: str) -> None:
    assert to_python(code) == python


@pytest.mark.parametrize(
    "code", ["n >= 0", "7 // 2", "if (a) and (b):", "x = {'a': 1}", "return x", "a[1:2]", "a != b"]
)
def test_python_is_left_alone(code: str) -> None:
    assert to_python(code) == ""


def test_braces_become_indentation() -> None:
    code = """
function f(xs) {
  let s = 0;
  for (let i = 0; i < xs.length; i++) { if (xs[i] > 2 && !b) { s += xs[i]; } else { s--; } }
  const o = {a: 1};
  return s;
}
"""
    turned = to_python(code)
    assert ast.dump(ast.parse(turned)) == ast.dump(ast.parse("""
def f(xs):
    s = 0
    for i in range(0, len(xs)):
        if xs[i] > 2 and not b:
            s += xs[i]
        else:
            s -= 1
    o = {a: 1}
    return s
"""))  # fmt: skip
