import { expect, it } from "vitest";
import { type GrowingText, growBlocks, toBlocks } from "../../src/text/markdownBlocks";

const ANSWERS = [
  "# Look\n\nWhat does **this** give?\n\n```python\nfor day in days:\n\n    print(day)\n```\n\nSay it.\n",
  "1. One\n\n2. Two\n\n   more of two\n\n3. Three\n\nDone\n====\n\nA\n***\nB",
  "> Quoted\n\n> once more\n\n- a\n- b\n\n  c\n\n- d\n\n    code\n\n    more\n\nend",
  "See [the manual][docs].\n\nMore.\n\nStill more.\n\nAnd more.\n\n[docs]: https://docs.python.org\n",
  "| a | b |\n|---|---|\n| 1 | 2 |\n\ntext\n\n| c |\n|---|\n| 3 |\n",
  "```python\nx = 1\n```\n\n\nSo.\n\n````md\n```\na\n```\n\n\n````\n\n~~~\n```\n\n",
  "Windows\r\n\r\nhas\r\n\r\nother\r\n\r\nlines\r\n",
];

it.each(ANSWERS)("has the blocks of the whole text at every length: %j", (answer) => {
  let known: GrowingText | null = null;
  for (let length = 1; length <= answer.length; length += 1) {
    const text = answer.slice(0, length);
    known = growBlocks(known, text);
    expect(known.blocks).toEqual(toBlocks(text));
  }
});

it("reads the last blocks only", () => {
  const paragraphs = Array.from({ length: 50 }, (_, number) => `Paragraph ${number}.`);
  const text = paragraphs.join("\n\n");
  const known = growBlocks(null, text);
  expect(known.settled).toHaveLength(48);
  expect(text.slice(known.from)).toBe("Paragraph 48.\n\nParagraph 49.");
  // Whatever stands before that is not looked at any more.
  const grown = growBlocks({ ...known, settled: known.settled.map(() => "kept") }, `${text}..`);
  expect(grown.blocks.slice(0, 48)).toEqual(Array.from({ length: 48 }, () => "kept"));
});

it("reads a whole program once", () => {
  const program = "```python\nprint(1)\n```";
  const known = growBlocks(null, program);
  const open = new Map([...known.open.keys()].map((source) => [source, "kept"]));
  expect(growBlocks({ ...known, open }, `${program}\n\nSo`).blocks[0]).toBe("kept");
});

it("begins anew with another text", () => {
  const known = growBlocks(null, "a\n\nb\n\nc\n\nd");
  expect(growBlocks(known, "x").blocks).toEqual(["<p>x</p>\n"]);
});
