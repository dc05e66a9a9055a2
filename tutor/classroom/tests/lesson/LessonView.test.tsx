import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hello, page, step, view } from "../support/builders";
import {
  button,
  clicks,
  draw,
  heard,
  leave,
  open,
  region,
  says,
  types,
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

async function goes(index: number): Promise<void> {
  await act(() => {
    buttons()[index]?.click();
    draw();
  });
}

beforeEach(() => open(lesson));
afterEach(leave);

it("hides the editor in a step without a program", async () => {
  await says(greets);
  await goes(2);
  expect(region("Code")).toBeNull();
  expect(button("Code")).toBeUndefined();
  expect(document.getElementById("lesson")?.classList).toContain("alone");
  await goes(0);
  expect(document.getElementById("lesson")?.classList).not.toContain("alone");
  expect(region("Code")).not.toBeNull();
});

describe("a step that is called like something every object has", () => {
  it("is a step like any other", async () => {
    const file = { path: "names.txt", text: "Ada\n", editable: true };
    await open(page(step("one"), step("constructor", { files: [file] })));
    const kept = view("constructor", { files: { "names.txt": "Ada\n" } });
    await says(hello({ steps: [view("one"), kept] }));
    await clicks("Next");
    await types("# mine\n");
    await clicks("Check");
    expect(heard("check_code")).toMatchObject([
      { step: "constructor", code: "# mine\nconstructor = 1\n", files: { "names.txt": "Ada\n" } },
    ]);
    expect(region("Check")).not.toBeNull();
  });
});
