import { afterEach, beforeEach, expect, it } from "vitest";
import { hello, page, step, view } from "../support/builders";
import { clicks, heard, leave, open, says } from "../support/classroom";

const files = [
  { path: "names.txt", text: "Ada\n", editable: true },
  { path: "data.csv", text: "1,2\n", editable: false },
];

const lesson = page(
  step("one"),
  step("two", { files }),
  step("quiz", { kind: "quiz", starter: "", choices: ["Yes", "No"] }),
  step("last", { kind: "predict", starter: "print(1)\n", files }),
);

const greets = hello({
  steps: [
    view("one", { code: "a = 1\n", state: "passed" }),
    view("two", { code: "b = 1\n", files: { "names.txt": "Bo\n" }, state: "begun" }),
    view("quiz", { code: "" }),
    view("last", { code: "print(1)\n" }),
  ],
});

beforeEach(() => open(lesson));
afterEach(leave);

it("goes on and back with Next and Previous", async () => {
  await says(greets);
  await clicks("Next");
  await clicks("Next");
  await clicks("Previous");
  expect(heard("go").map(({ step }) => step)).toEqual(["two", "quiz", "two"]);
});
