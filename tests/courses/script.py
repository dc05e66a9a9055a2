"""A course in JavaScript with all that one can have, to import as it is or to break first."""

COURSE = """\
# yaml-language-server: $schema=course.schema.json
id: script
title: In JavaScript
language: javascript
description: One lesson with all there is.
instructions: Be kind.
skills:
  - {id: loops, title: Loops}
lessons:
  - all
"""

LESSON = """\
# yaml-language-server: $schema=../lesson.schema.json
id: everything
title: Everything
summary: All there is.
skills: [loops]
steps:
  - id: read
    kind: explain
    prompt: Loops do things again.
    program: |
      for (let n = 0; n < 3; n++) {
        console.log(n)
      }
  - id: guess
    kind: predict
    prompt: What does it print?
    program: guess.js
    output: "12"
    misconceptions:
      - {id: always-adds, belief: A plus always adds numbers., output: "3"}
  - id: choose
    kind: quiz
    prompt: What is 7 % 2?
    choices:
      - {text: "1", correct: true}
      - {text: "3.5", because: That is 7 / 2.}
  - id: add
    kind: code
    prompt: add.md
    starter: starter.js
    files: [shop.js]
    data: [prices.csv]
    stdin: "1 2"
    tests:
      visible:
        - {stdin: "1 2", stdout: "3", catches: [texts-add-up]}
        - {stdin: "5", stdout: "5"}
      hidden: hidden.yaml
      time_limit_s: 2
    misconceptions:
      - id: texts-add-up
        belief: What is read from the input is a number.
        seen_in: [wrong/texts.js]
    hints:
      - {level: 1, text: What is "1" + "2"?}
      - {level: 2, text: Of which type is what you read?, after_attempts: 2}
      - {level: 1, text: Count the brackets., error: SyntaxError}
    explain_back: Why does it take Number?
    solution: solution.js
    variants:
      - id: product
        prompt: Multiply them instead.
        starter: console.log(0)
        tests:
          visible: [{stdin: "2 3", stdout: "6"}]
          hidden: [{stdin: "4 5", stdout: "20"}]
        solution: variant.js
"""

READ = 'const { words } = require("./shop")\nlet result = '

FILES = {
    "course.yaml": COURSE,
    "all/lesson.yaml": LESSON,
    "all/guess.js": 'console.log("1" + 2)\n',
    "all/add.md": "Print the sum.\n",
    "all/starter.js": 'const { words } = require("./shop")\n',
    "all/shop.js": (
        'const fs = require("fs")\n'
        'exports.words = () => fs.readFileSync(0, "utf8").trim().split(" ")\n'
    ),
    "all/prices.csv": "bread;2\n",
    "all/hidden.yaml": '- {stdin: "20 22", stdout: "42", catches: [texts-add-up]}\n',
    "all/solution.js": (
        f"{READ}0\nfor (const word of words()) {{\n  result += Number(word)\n}}\n"
        "console.log(result) // the secret\n"
    ),
    "all/variant.js": (
        f"{READ}1\nfor (const word of words()) {{\n  result *= Number(word)\n}}\n"
        "console.log(result)\n"
    ),
    "all/wrong/texts.js": (
        f'{READ}""\nfor (const word of words()) result += word\nconsole.log(result)\n'
    ),
}
