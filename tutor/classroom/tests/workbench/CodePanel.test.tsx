import { EditorState } from "@codemirror/state";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hello, page, step, view } from "../support/builders";
import { button, editor, leave, open, region, says } from "../support/classroom";

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

it("lets nobody change or run a program that is to be predicted", async () => {
  await says({ ...greets, step: "last" });
  expect(editor().state.facet(EditorState.readOnly)).toBe(true);
  expect(button("Run")?.disabled).toBe(true);
  expect(button("Reset")).toBeUndefined();
  expect(region("Output")).toBeNull();
});
