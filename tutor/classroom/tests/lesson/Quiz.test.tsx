import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { attempt, hello, page, step, view } from "../support/builders";
import { button, clicks, heard, leave, open, says } from "../support/classroom";

const lesson = page(
  step("one", {
    cases: [
      { call: "double(2)", stdin: "" },
      { call: "", stdin: "4\n" },
    ],
    rules: ["The program must call `sum`."],
  }),
  step("guess", { kind: "predict", starter: "print(1)\n" }),
  step("quiz", { kind: "quiz", starter: "", choices: ["<b>A</b>", "B", "C"], several: true }),
);

const steps = [view("one"), view("guess"), view("quiz", { code: "" })];
const text = () => document.body.textContent ?? "";

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await open(lesson);
  await says(hello({ steps }));
});

afterEach(() => {
  leave();
  vi.useRealTimers();
});

describe("a question", () => {
  const boxes = () => [...document.querySelectorAll<HTMLInputElement>(".choice input")];
  const answers = (passed: boolean, choices: number[], because: string[]) =>
    says({
      type: "attempt",
      attempt: attempt(heard("choose").at(-1)?.id ?? "", {
        step: "quiz",
        state: "judged",
        number: 1,
        passed,
        choices,
        because,
      }),
    });

  beforeEach(async () => {
    await clicks("3Title of quiz, Question, new");
  });

  it("is answered, explained, and answered again until it is right", async () => {
    expect(boxes().map(({ type }) => type)).toEqual(["checkbox", "checkbox", "checkbox"]);
    expect(button("Answer")?.disabled).toBe(true);
    await act(() => boxes()[2]?.click());
    await act(() => boxes()[0]?.click());
    await clicks("Answer");
    expect(heard("choose")).toMatchObject([{ step: "quiz", choices: [0, 2] }]);
    await answers(false, [0, 2], ["Right so far.", "No: `C` is <b>not</b>."]);
    expect(text()).toContain("Not yet");
    expect(text()).toContain("No: C is <b>not</b>.");
    await act(() => boxes()[2]?.click());
    await clicks("Answer");
    await answers(true, [0], ["Right so far."]);
    expect(text()).toContain("Right!");
    expect(button("Answer")).toBeUndefined();
  });

  it("shows the lesson's own HTML in its choices", () => {
    expect(document.querySelector(".choice b")?.textContent).toBe("A");
  });
});
