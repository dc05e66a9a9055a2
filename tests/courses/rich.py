"""A course that uses everything the format has, to import as it is or to break first."""

COURSE = """\
# yaml-language-server: $schema=course.schema.json
id: rich
title: Everything
language: python
image: plots
description: One lesson with all there is.
instructions: Be kind.
skills:
  - {id: values, title: Values}
  - {id: loops, title: Loops, prerequisites: [values]}
  - {id: sums, title: Sums, prerequisites: [loops, values]}
tutor: {support: high, max_hint_level: 2}
quotas: {messages_per_day: 60, messages_per_lesson: 200}
lessons:
  - folder: all
    release: 2027-01-31T08:00
model:
  reasoning_effort: none
  verbosity: low
  max_answer_tokens: 1200
  runs_per_turn: 3
  service_tier: flex
  cache_ttl: 12h
"""

LESSON = """\
# yaml-language-server: $schema=../lesson.schema.json
id: everything
title: Everything
summary: All there is.
was: [all-there-is]
skills: [loops, values]
steps:
  - id: read
    kind: explain
    prompt: Loops do things again.
    program: |
      for n in range(3):
          print(n)
  - id: guess
    kind: predict
    title: What does it print?
    prompt: guess.md
    program: guess.py
    output: |
      0
      1
    misconceptions:
      - {id: range-has-end, belief: range includes its end., output: "0 1 2"}
  - id: choose
    kind: quiz
    prompt: What is 7 // 2?
    choices:
      - {text: "3", correct: true, because: It is rounded down.}
      - {text: "3.5", because: That is 7 / 2.}
  - id: add
    kind: code
    was: [sum-up]
    prompt: add.md
    starter: add.py
    files: [shop.py]
    data: [prices.csv]
    stdin: "1\\n"
    tests:
      visible:
        - {call: "total([1, 2])", expect: 3, catches: [first-only]}
        - {call: "total([0.1, 0.2])", expect: 0.3, tolerance: 1e-9}
        - {call: total(None), raises: TypeError, message: iterable}
        - {stdin: "4\\n5\\n", stdout: "9"}
      hidden: hidden.yaml
      time_limit_s: 2
      memory_limit_mb: 128
      output_limit_kb: 16
    require: {constructs: [for, function], imports: [shop]}
    forbid: {calls: [sum, list.sort], constructs: [while]}
    misconceptions:
      - id: first-only
        belief: return ends the round, not the function.
        witness: total([1, 2])
        predicts: 3
        seen_in: [wrong/first.py]
    hints:
      - {level: 1, text: When does the function end?}
      - {level: 2, text: Write down n in each round., after_attempts: 2, after_minutes: 5}
      - {level: 1, text: Count the brackets., error: SyntaxError}
    explain_back: Why does return stand where it stands?
    solution: solution.py
    share_solution: true
    variants:
      - id: product
        prompt: Multiply them instead.
        starter: |
          import shop
          def product(numbers):
              return 1
        tests:
          visible: [{call: "product([2, 3])", expect: 6}]
          hidden: [{call: "product([])", expect: 1}]
        solution: variant.py
"""

SOLUTION = """\
import shop


def total(numbers):
    result = shop.NOTHING
    for n in numbers:
        result = result + n
    return result  # the secret


if __name__ == "__main__":
    print(total([int(input()), int(input())]))
"""

FILES = {
    "course.yaml": COURSE,
    "all/lesson.yaml": LESSON,
    "all/guess.md": "What does it print?\n",
    "all/guess.py": "for n in range(2):\n    print(n)\n",
    "all/add.md": "Write `total(numbers)`.\n",
    "all/add.py": "import shop\n\n\ndef total(numbers):\n    pass\n",
    "all/shop.py": "NOTHING = 0\n",
    "all/prices.csv": "bread;2\n",
    "all/hidden.yaml": '- {call: "total([21, 21])", expect: 42, catches: [first-only]}\n',
    "all/solution.py": SOLUTION,
    "all/variant.py": (
        "import shop\n\n\ndef product(numbers):\n    result = shop.NOTHING + 1\n"
        "    for n in numbers:\n        result *= n\n    return result\n"
    ),
    "all/wrong/first.py": (
        "import shop\n\n\ndef total(numbers):\n    for n in numbers:\n        return n\n"
    ),
}
