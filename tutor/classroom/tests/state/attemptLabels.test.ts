import { describe, expect, it } from "vitest";
import {
  attemptLabel as attemptAccount,
  checkSummary,
  hiddenCasesLabel,
  predictionSummary,
} from "../../src/state/attemptLabels";
import { attempt } from "../support/builders";

const judged = (parts: object) => attempt("try-1", { state: "judged", ...parts });
const one = (passed: boolean) => ({ call: "f()", stdin: "", passed, got: "" });

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
