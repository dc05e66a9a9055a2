import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { attempt, hello, page, step, view } from "../support/builders";
import { button, clicks, fills, heard, leave, open, region, says } from "../support/classroom";

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

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await open(lesson);
  await says(hello({ steps }));
});

afterEach(() => {
  leave();
  vi.useRealTimers();
});

describe("a prediction", () => {
  const made = () => heard("predict").at(-1)?.id ?? "";

  beforeEach(async () => {
    await says(hello({ steps }));
    await clicks("2Title of guess, Predict, new");
    await fills(document.querySelector("#prediction"), "1\n3\n");
  });

  it("comes before the run, and survives a look at another step", async () => {
    expect(button("Run")?.disabled).toBe(true);
    await clicks("3Title of quiz, Question, new");
    await clicks("2Title of guess, Predict, begun");
    await clicks("That is my prediction");
    expect(heard("predict")).toMatchObject([{ step: "guess", text: "1\n3\n" }]);
  });

  it("stands beside what was printed, with the first line that differs", async () => {
    await clicks("That is my prediction");
    const judged = attempt(made(), {
      step: "guess",
      state: "judged",
      number: 1,
      prediction: "1\n3\n",
      output: [{ stream: "stdout", text: "1\n2\n" }],
      differs: { line: 2, predicted: "3", printed: "2" },
    });
    await says({ type: "attempt", attempt: judged });
    expect(region("Prediction")?.textContent).toContain("Line 2 is the first that differs.");
    const marked = [...document.querySelectorAll(".differs code")].map((one) => one.textContent);
    expect(marked).toEqual(["3", "2"]);
    expect(document.querySelector("#prediction")).toBeNull();
    expect(button("Run")?.disabled).toBe(false);
  });
});
