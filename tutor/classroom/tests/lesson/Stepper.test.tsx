import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hello, page, step, view } from "../support/builders";
import {
  button,
  connectionFound,
  connectionLost,
  draw,
  editor,
  heard,
  leave,
  open,
  says,
} from "../support/classroom";

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

const buttons = () => [...document.querySelectorAll<HTMLElement>(".step")];
const current = () => document.querySelector('[aria-current="step"]')?.textContent ?? "";

const visible = () =>
  [...document.querySelectorAll<HTMLElement>("article[data-step]:not([hidden])")].map(
    ({ dataset }) => dataset.step,
  );

async function goes(index: number): Promise<void> {
  await act(() => {
    buttons()[index]?.click();
    draw();
  });
}

beforeEach(() => open(lesson));
afterEach(leave);

it("lists the steps with their kinds and how far the student is", async () => {
  await says(greets);
  const texts = buttons().map((one) => one.textContent);
  expect(texts[0]).toBe("Title of one, Program, passed");
  expect(texts[1]).toBe("2Title of two, Program, begun");
  expect(texts[2]).toBe("3Title of quiz, Question, new");
  expect(current()).toContain("Title of one");
});

it("calls a step without a title after what there is to do", async () => {
  leave();
  await open(page(step("one", { title: "" }), step("two", { title: "", kind: "predict" })));
  await says(hello());
  expect(buttons().map((one) => one.textContent)).toEqual(["1Program, begun", "2Predict, new"]);
});

it("shows no list where there is nothing to choose", async () => {
  leave();
  await open(page(step("one")));
  await says(hello({ steps: [view("one")] }));
  expect(document.querySelector("nav")).toBeNull();
  expect(button("Next")).toBeUndefined();
});

it("goes to another step at once and tells the server", async () => {
  await says(greets);
  await goes(1);
  expect(visible()).toEqual(["two"]);
  expect(current()).toContain("Title of two");
  expect(heard("go")).toEqual([{ type: "go", step: "two" }]);
  expect(editor().state.doc.toString()).toBe("b = 1\n");
});

it("begins where the student was last", async () => {
  await says({ ...greets, step: "two" });
  expect(visible()).toEqual(["two"]);
  expect(heard("go")).toEqual([]);
});

it("tells the server of a step that is shown for the first time, also without a choice", async () => {
  await says({ ...greets, step: "last" });
  expect(heard("go")).toEqual([{ type: "go", step: "last" }]);
  expect(current()).toContain("begun");
});

it("says again where it is when the line was lost", async () => {
  await says(greets);
  await connectionLost();
  await goes(1);
  expect(visible()).toEqual(["two"]);
  await connectionFound();
  expect(heard("go")).toEqual([]);
  await says(greets);
  expect(heard("go")).toEqual([{ type: "go", step: "two" }]);
  expect(visible()).toEqual(["two"]);
});

it("tells the four states apart by words and marks", async () => {
  await says({
    ...greets,
    steps: greets.steps.with(2, view("quiz", { code: "", state: "passed_with_help" })),
  });
  expect(buttons().map((one) => one.className)).toEqual([
    "step passed",
    "step begun",
    "step passed_with_help",
    "step new",
  ]);
  expect(buttons()[2]?.textContent).toBe("Title of quiz, Question, passed with help");
  expect(buttons().map((one) => one.querySelector("svg") !== null)).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

it("goes on at its end from a step whose result is shown elsewhere", async () => {
  await says(greets);
  const end = () => document.querySelector<HTMLElement>(".steps-end button");
  expect(end()?.textContent?.trim()).toBe("Continue");
  await act(() => {
    end()?.click();
    draw();
  });
  expect(visible()).toEqual(["two"]);
  expect(end()).toBeNull();
});
