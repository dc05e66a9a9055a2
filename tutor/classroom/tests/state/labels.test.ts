import { describe, expect, it } from "vitest";
import type { RunView } from "../../src/protocol/frames";
import {
  attemptLabel as attemptAccount,
  checkSummary,
  hiddenCasesLabel,
  predictionSummary,
} from "../../src/state/attemptLabels";
import {
  formatBytes,
  formatDuration,
  isPicture,
  outputPreview,
  queuePlace,
  runLabel,
} from "../../src/state/runLabels";
import { attempt, run } from "../support/builders";

const judged = (parts: object) => attempt("try-1", { state: "judged", ...parts });
const one = (passed: boolean) => ({ call: "f()", stdin: "", passed, got: "" });

describe("of a run", () => {
  it("every bad end that the output does not explain is explained", () => {
    const silent: RunView["state"][] = [
      "timeout",
      "memory",
      "output_limit",
      "idle",
      "crashed",
      "unavailable",
      "sandbox_error",
    ];
    for (const state of silent) {
      expect(runLabel(run("run-a", { state })).explanation).toMatch(/^[A-Z].*[.?]$/);
    }
  });

  it("what the server says of an end comes before what the page knows", () => {
    expect(runLabel(run("run-a", { state: "timeout", message: "After 10 s." })).explanation).toBe(
      "After 10 s.",
    );
  });

  it("the gist is the end of the error, else of what was printed, not of what was typed", () => {
    const output = [
      { stream: "stderr", text: "Traceback\nKeyError: 'a'\n" },
      { stream: "stdout", text: "one\ntwo\n" },
      { stream: "stdin", text: "typed\n" },
    ] as RunView["output"];
    expect(outputPreview(run("run-a", { output }))).toBe("KeyError: 'a'");
    expect(outputPreview(run("run-a", { output: output.slice(1) }))).toBe("two");
  });

  it("numbers have units that people read", () => {
    expect([formatDuration(34), formatDuration(1_234)]).toEqual(["34 ms", "1.2 s"]);
    expect([1, 999, 2_048, 9_600 * 1_024, 120 * 1_048_576].map(formatBytes)).toEqual([
      "1 byte",
      "999 bytes",
      "2.0 KB",
      "9.4 MB",
      "120 MB",
    ]);
    expect([queuePlace({ position: 0 }), queuePlace({ position: 3 })]).toEqual([
      "",
      "number 3 in line",
    ]);
  });

  it("only a picture that is there is shown", () => {
    const file = { name: "a", bytes: 1, url: "/files/1", skipped: "" };
    expect(isPicture({ ...file, kind: "image/png" })).toBe(true);
    expect(isPicture({ ...file, kind: "image/svg+xml" })).toBe(false);
    expect(isPicture({ ...file, kind: "image/png", skipped: "Too large." })).toBe(false);
  });
});

describe("of an attempt", () => {
  it("the headline counts all cases, the hidden ones too", () => {
    expect(
      checkSummary(judged({ cases: [one(true), one(false)], hidden: 2, hidden_passed: 2 })),
    ).toBe("Not yet: 3 of 4 cases came out right.");
    expect(checkSummary(judged({ cases: [one(false)] }))).toContain(
      "the case did not come out right",
    );
    const all = { cases: [one(true)], hidden: 1, hidden_passed: 1 };
    expect(checkSummary(judged({ ...all, passed: true }))).toBe(
      "Passed: all 2 cases came out right.",
    );
    expect(checkSummary(judged({ ...all, rules: ["The program must use a loop."] }))).toContain(
      "a rule is not kept",
    );
  });

  it("hidden cases are a number", () => {
    expect(hiddenCasesLabel(judged({ hidden: 4, hidden_passed: 3 }))).toBe(
      "3 of 4 hidden cases passed",
    );
    expect(hiddenCasesLabel(judged({ hidden: 1 }))).toBe("The hidden case did not pass");
    expect(hiddenCasesLabel(judged({}))).toBe("");
  });

  it("a prediction is right, wrong in a line, too short or too long", () => {
    const differs = (predicted: string | null, printed: string | null) =>
      predictionSummary(judged({ differs: { line: 2, predicted, printed } }));
    expect(predictionSummary(judged({ passed: true }))).toBe("You predicted it exactly.");
    expect(differs("3", "2")).toContain("Line 2 is the first that differs");
    expect(differs(null, "2")).toContain("more than you predicted");
    expect(differs("3", null)).toContain("less than you predicted");
  });

  it("a failure has a sentence, the server's if there is one", () => {
    const failed = attempt("try-1", { state: "failed" });
    expect(attemptAccount(failed, "code").explanation).not.toBe("");
    expect(attemptAccount({ ...failed, message: "Later." }, "code").explanation).toBe("Later.");
  });
});
