// The leak gate takes for code what the page shows as code: `tutor/leaks/markdown.py` is held to
// the same examples by `tests/tutor/leaks/test_markdown.py`.

import { expect, it } from "vitest";
import examples from "../../../../tests/tutor/leaks/markdown_examples.json";
import { toBlocks } from "../../src/text/markdownBlocks";

it.each(examples)("shows as code what is code in $text", ({ text, codes }) => {
  const page = document.createElement("div");
  page.innerHTML = toBlocks(text).join("");
  expect([...page.querySelectorAll("code")].map((code) => code.textContent)).toEqual(codes);
});
