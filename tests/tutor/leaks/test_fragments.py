"""Code in what the tutor says: marked or not, in whatever disguise."""

import base64
import codecs
import time

import pytest

from tutor.leaks.fragments import MOST_FRAGMENTS, fragments
from tutor.leaks.said import Channel, Said

FIX = "return total / len(marks)"


def in_reply(text: str) -> list[str]:
    return fragments(Said(Channel.REPLY, text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Say `n > 0` and ``m``.", ["n > 0", "m"]),
        ("So:\n```python\n    if n:\n        x = 1\n```", ["if n:\n    x = 1"]),
        ("So:\n~~~\nx = 1\n~~~", ["x = 1"]),
        ("So:\n```\nx = 1", ["x = 1"]),
        ("- so\n  ```\n  x = 1\n  ```", ["x = 1"]),
        ("> ```\n> x = 1\n> ```", ["x = 1"]),
        ("So:\n\n    x = 1\n", ["x = 1"]),
        ("Is it **n >= 0**?", ["n >= 0"]),
        ("**so** it _is_", []),
        ("| old | new |\n|---|---|\n| n > 0 | `n >= 0` |", ["n > 0", "n >= 0"]),
        # Lines without a mark.
        ("x = 5\ny = x + 1", ["x = 5\ny = x + 1", "x = 5", "y = x + 1"]),
        ("return total", ["return total"]),
        ("for n in numbers:", ["for n in numbers:"]),
        # The words in between are words.
        ("Write total / len(marks) there.", ["total / len(marks)"]),
        ("Is x > 0 and n + 1 < y?", ["x > 0 and n + 1 < y", "x > 0", "n + 1 < y"]),
        ("Cats and dogs, the sum of it; note: this. Yes, e.g. you!", []),
        ("Then it is f(3)[0].", ["f(3)[0]"]),
        ("Try range(len(numbers)).", ["range(len(numbers))"]),
        # Tags, which the page shows as they are written.
        ("<pre>\nwhile n &gt;= 0:\n    x()\n\n    y()\n</pre>",
         ["while n >= 0:\n    x()\n\n    y()"]),
        ("<code>n</code>", ["n"]),
        # Formulas.
        ("$n \\ge 0$", ["n >= 0"]),
        ("\\(x \\neq \\frac{a}{b}\\)", ["x != (a) / (b)"]),
        ("$$a_{i} \\cdot b$$", ["a[i] * b"]),
        ("n ≥ 0", ["n >= 0"]),
        # Codes of their own.
        (base64.b64encode(FIX.encode()).decode(), [FIX]),
        (f"`{base64.b64encode(FIX.encode()).decode()}`", [FIX]),
        (f"https://example.org/?q={base64.urlsafe_b64encode(FIX.encode()).decode()}", [FIX]),
        (FIX.encode().hex(), [FIX]),
        (FIX.encode().hex(" "), [FIX]),
        (FIX[::-1], [FIX]),
        (codecs.encode(FIX, "rot13"), [FIX]),
        (f"`{codecs.encode(FIX, 'rot13')}`", [FIX]),
        # Another language.
        ("```js\nwhile (n >= 0) {\n```", ["while n >= 0:"]),
        ("`a && !b`", ["a and not b"]),
        # Between lines of code no words: one program.
        ("def f(x):\n\n    return x + 1", ["def f(x):\n    return x + 1"]),
    ],
)  # fmt: skip
def test_code_is_found_in_a_reply(text: str, found: list[str]) -> None:
    mine = in_reply(text)
    assert [one for one in found if one not in mine] == []
    assert mine or not found
    if not found:
        assert mine == []


def test_each_is_given_once_in_its_order() -> None:
    assert in_reply("`b` and `a`, `b`") == ["b", "a"]


def test_of_many_fragments_the_first_are_given() -> None:
    assert len(in_reply(" ".join(f"`x{n}`" for n in range(500)))) == MOST_FRAGMENTS


@pytest.mark.parametrize(
    ("channel", "text", "found"),
    [
        (Channel.CODE, "x = 1\nprint(x)", ["x = 1\nprint(x)"]),
        (Channel.CODE, "x = 1  # then y = 2", ["x = 1  # then y = 2"]),
        (Channel.CODE, "f()  # y = 2", ["f()  # y = 2", "y = 2"]),
        (Channel.CODE, "print('y = 2')", ["print('y = 2')", "y = 2"]),
        (Channel.CALL, "f(3)", ["f(3)"]),
        (Channel.CALL, "f('return x + 1')", ["f('return x + 1')", "return x + 1"]),
        (Channel.OUTPUT, "5\ny = 2\ndone", ["y = 2"]),
        (Channel.OUTPUT, "def f(x):\n    return x + 1\n",
         ["def f(x):\n    return x + 1", "def f(x):", "return x + 1"]),
    ],
)  # fmt: skip
def test_code_is_found_on_every_way_to_the_student(
    channel: Channel, text: str, found: list[str]
) -> None:
    assert fragments(Said(channel, text)) == found


HOSTILE = [
    "`", "`a` ", "(", "f(", "[", "x[", '"', '"a\\', "a.", "a", "$", "\\(", "<pre>", "<code>a", "{",
    "};", "for(", "x++ ", "**", "_a_", "> ", "- ", "/*", "a ? b : c ", "A" * 64 + " ", "ab" * 10,
    "[](", "![",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("channel", Channel)
def test_no_text_takes_long(channel: Channel, text: str) -> None:
    said = Said(channel, text * (100_000 // len(text)))
    begun = time.process_time()
    fragments(said)
    assert time.process_time() - begun < 0.5
