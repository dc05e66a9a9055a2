import { describe, expect, it } from "vitest";
import type { CheckCode } from "../../src/protocol/frames";
import { reduce } from "../../src/state/reducer";
import { shownResult } from "../../src/state/selectors";
import { attempt, hello, run, seen, view } from "../support/builders";

const order: CheckCode = { type: "check_code", id: "try-1", step: "one", code: "x", base: 1 };
const tried = reduce(seen([hello()]), { type: "attempt_ordered", order });
const judged = attempt("try-1", { state: "judged", number: 1 });

describe("what is shown under the editor", () => {
  const steps = [view("one", { last: judged }), view("two")];

  it("is the last check after a reload, or the output of a run that is on", () => {
    const last_run = run("run-a", { code: "one = 1\n", state: "ok" });
    expect(shownResult(seen([hello({ steps, last_run })]))).toBe("check");
    const running = { ...last_run, state: "running" } as const;
    expect(shownResult(seen([hello({ steps, last_run: running })]))).toBe("output");
    expect(shownResult(seen([hello({ last_run })]))).toBe("output");
  });

  it("is what the student did last, or looks at", () => {
    const ran = reduce(tried, {
      type: "run_ordered",
      order: { type: "run", id: "run-a", step: "one", code: "x", base: 1 },
    });
    expect(shownResult(ran)).toBe("output");
    expect(shownResult(reduce(ran, { type: "result_shown", result: "check" }))).toBe("check");
  });
});
