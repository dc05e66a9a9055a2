import { expect, it } from "vitest";
import {
  distinguishingLine,
  fitToStep,
  isExtendedBy,
  isSameSource,
  normalizeText,
  starterSource,
  withFileText,
} from "../../src/program/source";
import { step } from "../support/builders";

const files = [
  { path: "names.txt", text: "Ada", editable: true },
  { path: "data.csv", text: "1,2", editable: false },
];

it("has exactly the files that the student may change", () => {
  const some = { code: "a", files: { "data.csv": "changed", "strange.txt": "?" } };
  expect(fitToStep(step("one", { files }), some)).toEqual({
    code: "a",
    files: { "names.txt": "Ada" },
  });
  expect(starterSource(step("one", { files, starter: "s" })).files).toEqual({ "names.txt": "Ada" });
});

it("has no files where the program is only to be predicted", () => {
  expect(starterSource(step("one", { files, kind: "predict" })).files).toEqual({});
});

it("is another one when only a file beside it is", () => {
  const source = { code: "a", files: { "names.txt": "Ada" } };
  expect(isSameSource(source, { ...source, files: { ...source.files } })).toBe(true);
  expect(isSameSource(source, withFileText(source, "names.txt", "Bo"))).toBe(false);
  expect(isSameSource(source, { code: "a", files: {} })).toBe(false);
});

it("is compared as the editor holds it", () => {
  expect(normalizeText("a\r\nb\rc\n\ud800")).toBe("a\nb\nc\n\ufffd");
});

it.each([
  ["a\n", "a\nb\n", true],
  ["a", "a\nb", true],
  ["", "a", true],
  ["x = 1", "x = 10", false],
  ["a\nb\n", "a\n", false],
])("knows whether %j is written on in %j", (code, other, expected) => {
  const source = (text: string) => ({ code: text, files: { "a.txt": "" } });
  expect(isExtendedBy(source(code), source(other))).toBe(expected);
});

it("finds the line that tells a program from others, or the file", () => {
  const source = (code: string, text = "") => ({ code, files: { "a.txt": text } });
  const program = source("a\nb\nc\n");
  expect(distinguishingLine(source("a\n\n  c\n  d\n"), [program])).toBe("c");
  expect(distinguishingLine(source("x\ny\n"), [program, source("x\nz\n")])).toBe("y");
  expect(distinguishingLine(source("x\n"), [program, source("x\nz\n")])).toBe("x");
  expect(distinguishingLine(source("a", "1"), [source("a", "2")])).toBe("a.txt");
  expect(distinguishingLine(source("a"), [program])).toBe("");
});
