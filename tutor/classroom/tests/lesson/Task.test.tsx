import { afterEach, beforeEach, expect, it } from "vitest";
import { hello, page, step, view } from "../support/builders";
import { button, clicks, heard, leave, open, says } from "../support/classroom";

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

it("leads on from a text that is read, and from a question that is answered", async () => {
  leave();
  await open(page(step("one", { kind: "explain", starter: "" }), ...lesson.steps.slice(1)));
  await says(hello({ steps: [view("one", { state: "passed" }), ...greets.steps.slice(1)] }));
  expect(button("Next")).toBeUndefined();
  await clicks("Continue");
  expect(heard("go")).toEqual([{ type: "go", step: "two" }]);
});

it("leads to what was left where all that follows is passed", async () => {
  const passed = greets.steps.map(({ id }) => view(id, { state: "passed" }));
  await says({ ...greets, step: "quiz", steps: passed.with(1, view("two")) });
  expect(button("Next")).toBeDefined();
  await clicks("Continue");
  expect(heard("go")).toEqual([{ type: "go", step: "two" }]);
});

it("leads on from a lesson of one step", async () => {
  leave();
  await open(page(step("one")));
  await says(hello({ steps: [view("one", { state: "begun" })] }));
  expect(button("What comes next")).toBeUndefined();
  await says(hello({ steps: [view("one", { state: "passed" })] }));
  await clicks("What comes next");
  expect(document.querySelector(".finish")).not.toBeNull();
});
