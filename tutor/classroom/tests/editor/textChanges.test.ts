import { ChangeSet, Text } from "@codemirror/state";
import { expect, it } from "vitest";
import { textChanges } from "../../src/editor/textChanges";

const made = (before: string, after: string) =>
  ChangeSet.of(textChanges(before, after), before.length)
    .apply(Text.of(before.split("\n")))
    .toString();

it("leaves what stands between two changes", () => {
  const before = "one\ntwo\nthree\nfour\n";
  expect(textChanges(before, "# top\none\ntwo\nthree\nfour\nfive\n")).toEqual([
    { from: 0, to: 0, insert: "# top\n" },
    { from: 19, to: 19, insert: "five\n" },
  ]);
});

it("leaves what stands between two changes of a line", () => {
  expect(textChanges("x = a + b * c\n", "y = a + b * cd\n")).toEqual([
    { from: 0, to: 1, insert: "y" },
    { from: 13, to: 13, insert: "d" },
  ]);
});

it("is nothing between equal texts", () => {
  expect(textChanges("", "")).toEqual([]);
  expect(textChanges("a\n", "a\n")).toEqual([]);
});

it.each([
  ["", "a"],
  ["a", ""],
  ["a\n\n\nb", "\nb\n\n"],
  ["a\nb\nc\n", "c\nb\na\n"],
  ["🙂 = 1\n", "🙃 = 1\n"],
  ["é\u0301x", "éx"],
  ["tab\tand  spaces", "tab and\tspaces"],
])("makes the new text of %j", (before, after) => {
  expect(made(before, after)).toBe(after);
  expect(made(after, before)).toBe(before);
});

it("makes the new text of any", () => {
  let state = 1;
  const chance = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const text = () => Array.from({ length: chance(40) }, () => "ab \n("[chance(5)]).join("");
  for (let round = 0; round < 2_000; round += 1) {
    const [before, after] = [text(), text()];
    expect(made(before, after)).toBe(after);
  }
});

it("is one piece where long texts have nothing in common", () => {
  const long = (word: string) =>
    Array.from({ length: 8_000 }, (_, at) => `${word}${at}\n`).join("");
  expect(textChanges(long("a"), long("b"))).toHaveLength(1);
  expect(made(long("a"), long("b"))).toBe(long("b"));
});
