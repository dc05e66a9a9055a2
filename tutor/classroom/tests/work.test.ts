import { expect, it } from "vitest";
import { fitted, isContinued, isSame, plain, started, telling, withText } from "../src/work";
import { step } from "./cast";

const files = [
  { path: "names.txt", text: "Ada", editable: true },
  { path: "data.csv", text: "1,2", editable: false },
];

it("has exactly the files that the student may change", () => {
  const some = { code: "a", files: { "data.csv": "changed", "strange.txt": "?" } };
  expect(fitted(step("one", { files }), some)).toEqual({
    code: "a",
    files: { "names.txt": "Ada" },
  });
  expect(started(step("one", { files, starter: "s" })).files).toEqual({ "names.txt": "Ada" });
});

it("has no files where the program is only to be predicted", () => {
  expect(started(step("one", { files, kind: "predict" })).files).toEqual({});
});

it("is another one when only a file beside it is", () => {
  const work = { code: "a", files: { "names.txt": "Ada" } };
  expect(isSame(work, { ...work, files: { ...work.files } })).toBe(true);
  expect(isSame(work, withText(work, "names.txt", "Bo"))).toBe(false);
  expect(isSame(work, { code: "a", files: {} })).toBe(false);
});

it("is compared as the editor holds it", () => {
  expect(plain("a\r\nb\rc\n\ud800")).toBe("a\nb\nc\n\ufffd");
});

it.each([
  ["a\n", "a\nb\n", true],
  ["a", "a\nb", true],
  ["", "a", true],
  ["x = 1", "x = 10", false],
  ["a\nb\n", "a\n", false],
])("knows whether %j is written on in %j", (code, other, expected) => {
  const work = (text: string) => ({ code: text, files: { "a.txt": "" } });
  expect(isContinued(work(code), work(other))).toBe(expected);
});

it("finds the line that tells a program from others, or the file", () => {
  const work = (code: string, text = "") => ({ code, files: { "a.txt": text } });
  const program = work("a\nb\nc\n");
  expect(telling(work("a\n\n  c\n  d\n"), [program])).toBe("c");
  expect(telling(work("x\ny\n"), [program, work("x\nz\n")])).toBe("y");
  expect(telling(work("x\n"), [program, work("x\nz\n")])).toBe("x");
  expect(telling(work("a", "1"), [work("a", "2")])).toBe("a.txt");
  expect(telling(work("a"), [program])).toBe("");
});
