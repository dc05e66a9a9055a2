import { expect, it } from "vitest";
import { finishSummary } from "../../src/state/finishLabels";

it("counts what was passed with help and what without", () => {
  const own = "passed" as const;
  const helped = "passed_with_help" as const;
  const kind = "Asking for it is a good way to learn.";
  expect(finishSummary([own])).toBe("You passed it on your own.");
  expect(finishSummary([own, own])).toBe("You passed all 2 steps on your own.");
  expect(finishSummary([helped])).toBe(`You passed it with help. ${kind}`);
  expect(finishSummary([helped, helped])).toBe(`You passed all 2 steps with help. ${kind}`);
  expect(finishSummary([own, helped, own])).toBe(
    `You passed 2 of 3 steps on your own and 1 with help. ${kind}`,
  );
});
